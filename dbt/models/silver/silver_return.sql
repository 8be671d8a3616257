{{ config(**output('silver', 'return')) }}
select
    retailer_id,
    distributor_id,
    return_id,
    invoice_id,
    returned_on,
    amount_inr,
    record_id
from {{ lake('stage', 'return', 'stg_return') }}
where returned_on < {{ as_of() }}
order by retailer_id, distributor_id, return_id
