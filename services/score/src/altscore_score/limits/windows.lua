-- Exact sliding windows: per window a sorted set of the instants it counts. An instant at the very edge still counts,
-- so no closed interval of the window's length ever holds more than its limit.
-- KEYS: the windows; for a score also: its disclosure window, the cached score, the cache's generation and, where the
--       call has an X-Request-ID, the mark that it was answered (the digest of the body that was).
-- What another writer of Redis left there is mended where it is met: a key of a wrong type counts as none, and an instant
-- that is still to come counts from now on, for one length of its window.
-- ARGV: 1 now in microseconds (0: this server's clock), 2 nonce of the call, 3 does it spend (1|0), 4 number of windows,
--       then limit and length (microseconds) of each window, the disclosure window's last, then the body's digest.
-- Reply: admitted, window reported, used, free at, now, may disclose, disclosure free at, cached score, generation,
--        mark, reserved elsewhere. A replay (same mark) spends nothing. The last is 1 where the disclosure window is full
--        and holds a place younger than 5 s of another process (the first 8 characters of a nonce name its process):
--        that place may be given back.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local nonce, spends, count = ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])

local function text(key)
  local value = redis.pcall('GET', key)
  if type(value) ~= 'table' then return value end
  redis.call('DEL', key)
  return false
end

local mark = KEYS[count + 4] and text(KEYS[count + 4])
if mark and mark == ARGV[#ARGV] then spends = false end

local function whole(number) return string.format('%.0f', number) end

local function expire(i)
  redis.call('PEXPIRE', KEYS[i], whole(math.ceil(tonumber(ARGV[4 + 2 * i]) / 1000) + 1000))
end

local function look(i)
  local limit, length = tonumber(ARGV[3 + 2 * i]), tonumber(ARGV[4 + 2 * i])
  local removed = redis.pcall('ZREMRANGEBYSCORE', KEYS[i], '-inf', '(' .. whole(now - length))
  if type(removed) == 'table' then redis.call('DEL', KEYS[i]) end
  local used, free_at = redis.call('ZCARD', KEYS[i]), now + length
  if used > 0 then
    if used > limit then  -- none but the newest `limit` decide anything
      redis.call('ZREMRANGEBYRANK', KEYS[i], 0, used - limit - 1)
      used = limit
    end
    local ahead = redis.call('ZRANGEBYSCORE', KEYS[i], '(' .. whole(now), '+inf')
    for _, member in ipairs(ahead) do redis.call('ZADD', KEYS[i], whole(now), member) end
    if #ahead > 0 then expire(i) end
    free_at = tonumber(redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')[2]) + length + 1
  end
  return used < limit, used, free_at
end

local function spend(i)
  redis.call('ZADD', KEYS[i], whole(now), nonce)
  expire(i)
end

-- Reported is the window with the fewest places left; of two full ones the one that is free later.
local admitted, reported, used, free_at, left = 1, 1, 0, 0, nil
for i = 1, count do
  local _, its_used, its_free_at = look(i)
  local its_left = math.max(0, tonumber(ARGV[3 + 2 * i]) - its_used)
  if left == nil or its_left < left or (its_left == 0 and left == 0 and its_free_at > free_at) then
    reported, used, free_at, left = i, its_used, its_free_at, its_left
  end
end
if left == 0 and spends then admitted = 0 end
if admitted == 1 and spends then
  for i = 1, count do spend(i) end
  used = used + 1
end
if #KEYS == count then return {admitted, reported, used, free_at, now, 0, 0} end

local function is_reserved_elsewhere(key)
  local own, young = string.sub(nonce, 1, 8), '(' .. whole(now - 5000000)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', key, young, '+inf')) do
    if string.sub(other, 1, 8) ~= own then return 1 end
  end
  return 0
end

local may, disclose_at, reserved = 0, 0, 0
if admitted == 1 and spends then
  local is_free, _, its_free_at = look(count + 1)
  disclose_at = its_free_at
  if is_free then
    may = 1
    spend(count + 1)
  else
    reserved = is_reserved_elsewhere(KEYS[count + 1])
  end
end
return {admitted, reported, used, free_at, now, may, disclose_at,
        text(KEYS[count + 2]), text(KEYS[count + 3]), mark or false, reserved}
