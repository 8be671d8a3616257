{{ config(**output('silver', 'payment')) }}
-- A bounce counts from the day on which it became known (decisions 83, 93); one without a day from the day of the payment.
select
    p.retailer_id,
    p.distributor_id,
    p.payment_id,
    p.line_no,
    p.invoice_id,
    p.bill_ref,
    p.paid_on,
    p.amount_inr,
    p.payment_method,
    p.is_bounced and (p.bounced_on is null or p.bounced_on < l.account_as_of_on) as is_bounced,
    p.record_id
from {{ lake('stage', 'payment', 'stg_payment') }} as p
inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on p.distributor_id = l.distributor_id
where p.paid_on < l.account_as_of_on
order by p.retailer_id, p.distributor_id, p.payment_id, p.line_no
