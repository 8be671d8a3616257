{{ config(**output('stage', 'payment')) }}
with ranked as (
    select
        *,
        row_number() over (
            partition by distributor_id, payment_id, line_no
            order by {{ newest_first() }}
        ) as newness
    from {{ statements('payments') }}
)

select
    m.retailer_id,
    r.distributor_id,
    r.payment_id,
    r.line_no,
    r.invoice_id,
    r.bill_ref,
    r.paid_on,
    r.amount_inr,
    r.payment_method,
    r.is_bounced,
    r.bounced_on,
    r.record_id
from ranked as r
inner join {{ plan('identity_map') }} as m on r.subject_token = m.subject_token
where r.newness = 1 and not r.is_cancelled
order by 1, 2, 3, 4
