-- Twelve full calendar months before the snapshot's month, net of returns, m0 oldest; observed = months since the first invoice.
with bought as (
    select retailer_id, month_no, {{ total('amount') }} as amount, count(*) as invoices from {{ ref('int_invoice') }} group by retailer_id, month_no
),

returned as (
    select
        retailer_id,
        cast({{ month_number('returned_on') }} - ({{ month_number(as_of()) }} - 12) as integer) as month_no,
        {{ total(paise('amount_inr')) }} as amount
    from {{ lake('silver', 'return', 'silver_return') }}
    group by retailer_id, {{ month_number('returned_on') }}
),

by_month as (
    select
        retailer_id,
        month_no,
        {{ total('bought') }} as bought,
        {{ total('given_back') }} as given_back,
        cast(sum(invoices) as bigint) as invoices
    from (
        select retailer_id, month_no, amount as bought, 0 as given_back, invoices from bought
        union all
        select retailer_id, month_no, 0 as bought, amount as given_back, 0 as invoices from returned
    ) as both_ways
    group by retailer_id, month_no
)

select
    retailer_id,
    {% for m in range(12) -%}
    cast(coalesce(max(case when month_no = {{ m }} then greatest(bought - given_back, 0) end), 0) as decimal(28, 0)) as m{{ m }},
    {% endfor -%}
    cast({{ sum_where('1', 'month_no between 6 and 11 and invoices > 0') }} as bigint) as months_bought_6m,
    cast(greatest({{ total_where('bought - given_back', 'month_no between 6 and 11') }}, 0) as decimal(28, 0)) as gmv_6m,
    cast(least(12, greatest(1, 12 - coalesce(min(case when invoices > 0 then month_no end), 12))) as bigint) as observed
from by_month
group by retailer_id
