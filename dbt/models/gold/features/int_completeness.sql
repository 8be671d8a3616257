-- GR-5 (0 to 100): 40 months with an invoice of the last six, 25 due dates (default terms half), 25 payment value allocated
-- (named 1, FIFO 0.8), 10 a verified GSTIN. A share of nothing is 0: nothing known is not complete.
with due_dates as (
    select
        retailer_id,
        count(*) as n,
        {{ count_where("due_on_source = 'stated'") }} as stated,
        {{ count_where("due_on_source = 'default'") }} as by_default
    from {{ ref('int_invoice') }}
    where age_days <= 365
    group by retailer_id
),

received as (
    select retailer_id, distributor_id, payment_id, line_no, {{ paise('amount_inr') }} as amount
    from {{ ref('int_payment') }}
    where not is_bounced and age_days <= 365
),

received_total as (
    select retailer_id, {{ total('amount') }} as amount from received group by retailer_id
),

used as (
    select
        p.retailer_id,
        {{ total("case when a.method = 'named' then " ~ paise('a.amount_inr') ~ ' end') }} as named,
        {{ total("case when a.method = 'fifo' then " ~ paise('a.amount_inr') ~ ' end') }} as fifo
    from received as p
    inner join {{ lake('silver', 'allocation', 'silver_allocation') }} as a
        on
            p.distributor_id = a.distributor_id and p.payment_id = a.source_id and p.line_no = a.line_no
            and a.source = 'payment'
    group by p.retailer_id
)

select
    r.retailer_id,
    40 * cast(coalesce(m.months_bought_6m, 0) as double) / 6
    + 25 * coalesce({{ ratio('2 * d.stated + d.by_default', '2 * d.n') }}, 0)
    + 25 * coalesce({{ ratio('5 * coalesce(u.named, 0) + 4 * coalesce(u.fifo, 0)', '5 * t.amount') }}, 0)
    + case when r.gst_verified then 10 else 0 end as completeness
from {{ lake('silver', 'retailer', 'silver_retailer') }} as r
left join {{ ref('int_month') }} as m on r.retailer_id = m.retailer_id
left join due_dates as d on r.retailer_id = d.retailer_id
left join received_total as t on r.retailer_id = t.retailer_id
left join used as u on r.retailer_id = u.retailer_id
