{{ config(**output('stage', 'retailer')) }}
-- One row per retailer and distributor that knows it: whether the newest master record calls it active, and the newest district
-- that any of its records states. A newer record without a district is silent about it and takes nothing back.
with known as (
    select
        m.retailer_id,
        r.distributor_id,
        {{ known_label('r.district') }} as district,
        r.is_active,
        r.ingested_at,
        r.content_version,
        r.batch_id,
        r.record_id
    from {{ bronze('retailers') }} as r
    inner join {{ plan('identity_map') }} as m on r.subject_token = m.subject_token
),

ranked as (
    select
        *,
        row_number() over (
            partition by retailer_id, distributor_id
            order by ingested_at desc, content_version desc, batch_id desc, record_id desc
        ) as newness,
        row_number() over (
            partition by retailer_id, distributor_id
            order by case when district is null then 1 else 0 end, ingested_at desc, content_version desc, batch_id desc, record_id desc
        ) as district_newness
    from known
)

select
    retailer_id,
    distributor_id,
    max(case when district_newness = 1 then district end) as district,
    max(case when newness = 1 and is_active then 1 else 0 end) = 1 as is_active,
    max(case when district_newness = 1 and district is not null then ingested_at end) as district_stated_at
from ranked
group by retailer_id, distributor_id
order by 1, 2
