{{ config(**output('silver', 'payment')) }}
-- A bounce counts from the day on which it became known (decisions 83, 93); one without a day from the day of the payment.
select
    retailer_id,
    distributor_id,
    payment_id,
    line_no,
    invoice_id,
    bill_ref,
    paid_on,
    amount_inr,
    payment_method,
    is_bounced and (bounced_on is null or bounced_on < {{ as_of() }}) as is_bounced,
    record_id
from {{ lake('stage', 'payment', 'stg_payment') }}
where paid_on < {{ as_of() }}
order by retailer_id, distributor_id, payment_id, line_no
