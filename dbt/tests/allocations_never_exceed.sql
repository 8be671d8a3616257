-- No credit pays out more than it brought.
with used as (
    select distributor_id, source, source_id, line_no, sum(amount_inr) as amount_inr
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    group by distributor_id, source, source_id, line_no
)

select u.*
from used as u
left join {{ lake('silver', 'payment', 'silver_payment') }} as p
    on u.source = 'payment' and u.distributor_id = p.distributor_id and u.source_id = p.payment_id and u.line_no = p.line_no
left join {{ lake('silver', 'return', 'silver_return') }} as r
    on u.source = 'return' and u.distributor_id = r.distributor_id and u.source_id = r.return_id
where coalesce(p.amount_inr, r.amount_inr) is null or u.amount_inr > coalesce(p.amount_inr, r.amount_inr)
