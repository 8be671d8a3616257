{{ config(**output('stage', 'invoice')) }}
-- The newest content of each invoice, of consented retailers. The newest wins before the retailer is looked at: a corrected
-- invoice must not come back to life under its former owner.
with ranked as (
    select
        *,
        row_number() over (
            partition by distributor_id, invoice_id
            order by {{ newest_first() }}
        ) as newness
    from {{ statements('invoices') }}
)

select
    m.retailer_id,
    r.distributor_id,
    r.invoice_id,
    r.bill_ref,
    r.invoice_on,
    coalesce(r.due_on, {{ add_days('r.invoice_on', var('default_credit_days')) }}) as due_on,
    case when r.due_on is null then 'assumed' when r.due_on_is_default then 'default' else 'stated' end as due_on_source,
    r.amount_inr,
    r.sku_category,
    r.line_count,
    r.record_id
from ranked as r
inner join {{ plan('identity_map') }} as m on r.subject_token = m.subject_token
where r.newness = 1 and not r.is_cancelled
order by 1, 2, 3
