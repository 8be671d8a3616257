-- Twelve full calendar months before the month of the account's day, net of returns, m0 oldest: month k of a retailer is the sum of
-- its accounts' months k. observed = months since the first invoice; festive = what of the months fell into October or November.
with bought as (
    select
        retailer_id,
        month_no,
        {{ total('amount') }} as amount,
        {{ total_where('amount', is_festive('invoice_on')) }} as festive,
        count(*) as invoices
    from {{ ref('int_invoice') }}
    group by retailer_id, month_no
),

returned as (
    select
        retailer_id,
        month_no,
        {{ total(paise('amount_inr')) }} as amount,
        {{ total_where(paise('amount_inr'), is_festive('returned_on')) }} as festive
    from {{ ref('int_return') }}
    group by retailer_id, month_no
),

by_month as (
    select
        retailer_id,
        month_no,
        {{ total('bought') }} as bought,
        {{ total('given_back') }} as given_back,
        {{ total('festive') }} as festive,
        cast(sum(invoices) as bigint) as invoices
    from (
        select retailer_id, month_no, amount as bought, 0 as given_back, festive, invoices from bought
        union all
        select retailer_id, month_no, 0 as bought, amount as given_back, -festive as festive, 0 as invoices from returned
    ) as both_ways
    group by retailer_id, month_no
)

select
    retailer_id,
    {% for m in range(12) -%}
    cast(coalesce(max(case when month_no = {{ m }} then greatest(bought - given_back, 0) end), 0) as decimal(28, 0)) as m{{ m }},
    {% endfor -%}
    -- never more than its month, where the late account's October meets a return of the fresh account's December
    cast({{ total_where('least(greatest(festive, 0), greatest(bought - given_back, 0))', 'month_no between 0 and 11') }} as decimal(28, 0)) as festive,
    cast({{ sum_where('1', 'month_no between 6 and 11 and invoices > 0') }} as bigint) as months_bought_6m,
    cast(greatest({{ total_where('bought - given_back', 'month_no between 6 and 11') }}, 0) as decimal(28, 0)) as gmv_6m,
    cast(least(12, greatest(1, 12 - coalesce(min(case when invoices > 0 then month_no end), 12))) as bigint) as observed
from by_month
group by retailer_id
