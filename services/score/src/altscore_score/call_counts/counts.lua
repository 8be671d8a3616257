-- Adds calls to a lender's counts by day, each batch once: an answer of ours may be lost after it was applied.
-- KEYS: the counts; the batch's name.
-- ARGV: 1 when counting began (seconds since 1970), 2 the first day that is kept, then pairs of field and number.
-- What another writer left there in a wrong form is replaced.
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', 3600) then return 0 end
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
redis.call('HSETNX', KEYS[1], 'since', ARGV[1])
for i = 3, #ARGV, 2 do
  if type(redis.pcall('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])) == 'table' then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'since' and string.sub(field, 1, 10) < ARGV[2] then redis.call('HDEL', KEYS[1], field) end
end
redis.call('EXPIRE', KEYS[1], 3456000)
return 1
