-- Returns of the accounts that count, seen from their account's day; month_no as in int_invoice.
select
    r.*,
    {{ days_between('r.returned_on', 'l.account_as_of_on') }} as age_days,
    {{ month_no('r.returned_on', 'l.account_as_of_on') }} as month_no
from {{ lake('silver', 'return', 'silver_return') }} as r
inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on r.distributor_id = l.distributor_id
where l.is_counted
