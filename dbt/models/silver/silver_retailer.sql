{{ config(**output('silver', 'retailer')) }}
-- Everyone with consent of whom anything is known at the snapshot; what is told of it rests on the accounts that count.
-- data_as_of_on is the last day of its oldest account; NULL where every ledger that knows it is too far behind.
with accounts as (
    select retailer_id, distributor_id from {{ lake('silver', 'invoice', 'silver_invoice') }}
    union all
    select retailer_id, distributor_id from {{ lake('silver', 'payment', 'silver_payment') }}
    union all
    select retailer_id, distributor_id from {{ lake('silver', 'return', 'silver_return') }}
    union all
    select retailer_id, distributor_id from {{ lake('stage', 'retailer', 'stg_retailer') }}
),

known as (
    select
        a.retailer_id,
        count(distinct case when l.is_counted then a.distributor_id end) as distributors_count,
        min(case when l.is_counted then {{ add_days('l.account_as_of_on', -1) }} end) as data_as_of_on,
        max(case when l.is_counted then l.late_days end) as ledger_late_days
    from accounts as a
    inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on a.distributor_id = l.distributor_id
    group by a.retailer_id
),

described as (
    select
        retailer_id,
        district,
        row_number() over (partition by retailer_id order by district_stated_at desc, distributor_id) as newness
    from {{ lake('stage', 'retailer', 'stg_retailer') }}
    where district is not null
),

verified as (
    select retailer_id, max(case when gst_verified then 1 else 0 end) as gst_verified, max(gst_state) as gst_state
    from {{ plan('identity_map') }}
    group by retailer_id
)

select
    k.retailer_id,
    -- a state in place of a district: coarser, but a group of its own for fairness by region
    coalesce(d.district, 'state:' || v.gst_state) as district,
    v.gst_verified = 1 as gst_verified,
    cast(k.distributors_count as integer) as distributors_count,
    k.data_as_of_on,
    k.ledger_late_days
from known as k
inner join verified as v on k.retailer_id = v.retailer_id
left join described as d on k.retailer_id = d.retailer_id and d.newness = 1
order by k.retailer_id
