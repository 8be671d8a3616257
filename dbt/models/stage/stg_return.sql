{{ config(**output('stage', 'return')) }}
with ranked as (
    select
        *,
        row_number() over (
            partition by distributor_id, return_id
            order by {{ newest_first() }}
        ) as newness
    from {{ statements('returns') }}
)

select
    m.retailer_id,
    r.distributor_id,
    r.return_id,
    r.invoice_id,
    r.returned_on,
    r.amount_inr,
    r.record_id
from ranked as r
inner join {{ plan('identity_map') }} as m on r.subject_token = m.subject_token
where r.newness = 1 and not r.is_cancelled
order by 1, 2, 3
