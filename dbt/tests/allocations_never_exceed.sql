-- No credit pays out more than it brought. One list of credits, so that the join is on equality alone: a join whose condition
-- names one side only (source = 'payment') pairs every allocation with every credit.
with used as (
    select distributor_id, source, source_id, line_no, sum(amount_inr) as amount_inr
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    group by distributor_id, source, source_id, line_no
),

credits as (
    select distributor_id, 'payment' as source, payment_id as source_id, line_no, amount_inr
    from {{ lake('silver', 'payment', 'silver_payment') }}
    union all
    select distributor_id, 'return' as source, return_id as source_id, 1 as line_no, amount_inr
    from {{ lake('silver', 'return', 'silver_return') }}
)

select u.*
from used as u
left join credits as c
    on
        u.distributor_id = c.distributor_id and u.source = c.source and u.source_id = c.source_id
        and u.line_no = c.line_no
where c.amount_inr is null or u.amount_inr > c.amount_inr
