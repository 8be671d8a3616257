{{ config(**output('silver', 'return')) }}
select
    r.retailer_id,
    r.distributor_id,
    r.return_id,
    r.invoice_id,
    r.returned_on,
    r.amount_inr,
    r.record_id
from {{ lake('stage', 'return', 'stg_return') }} as r
inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on r.distributor_id = l.distributor_id
where r.returned_on < l.account_as_of_on
order by r.retailer_id, r.distributor_id, r.return_id
