-- What an invoice asked for was returned, written off, paid, or is owed; where a part was written off, or is owed, nothing settled it.
select *
from {{ lake('silver', 'invoice', 'silver_invoice') }}
where
    amount_inr <> returned_inr + written_off_inr + paid_inr + open_inr
    or (settled_on is not null and (written_off_inr > 0 or open_inr <> 0 or paid_inr <= 0))
