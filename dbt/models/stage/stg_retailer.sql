{{ config(**output('stage', 'retailer')) }}
-- One row per retailer and distributor that knows it: the newest master record, or none of its values.
with ranked as (
    select
        m.retailer_id,
        r.distributor_id,
        r.district,
        r.ingested_at,
        row_number() over (
            partition by m.retailer_id, r.distributor_id
            order by r.ingested_at desc, r.content_version desc, r.batch_id desc, r.record_id desc
        ) as newness
    from {{ bronze('retailers') }} as r
    inner join {{ plan('identity_map') }} as m on r.subject_token = m.subject_token
)

select
    retailer_id,
    distributor_id,
    district,
    ingested_at
from ranked
where newness = 1
order by 1, 2
