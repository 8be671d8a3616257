{{ config(**output('stage', 'retailer')) }}
-- One row per retailer and distributor that knows it, with the newest district that any of its master records states. A newer record without a district is silent about it and takes nothing back.
with known as (
    select
        m.retailer_id,
        r.distributor_id,
        {{ known_label('r.district') }} as district,
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
            order by case when district is null then 1 else 0 end, ingested_at desc, content_version desc, batch_id desc, record_id desc
        ) as newness
    from known
)

select
    retailer_id,
    distributor_id,
    district,
    case when district is not null then ingested_at end as district_stated_at
from ranked
where newness = 1
order by 1, 2
