-- Payments of the accounts that count, seen from their account's day.
select
    p.*,
    {{ days_between('p.paid_on', 'l.account_as_of_on') }} as age_days
from {{ lake('silver', 'payment', 'silver_payment') }} as p
inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on p.distributor_id = l.distributor_id
where l.is_counted
