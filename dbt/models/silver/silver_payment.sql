{{ config(**output('silver', 'payment')) }}
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
    is_bounced,
    record_id
from {{ lake('stage', 'payment', 'stg_payment') }}
where paid_on < {{ as_of() }}
order by retailer_id, distributor_id, payment_id, line_no
