-- An invoice of an account that counts, seen from its account's day. Nothing due yet = NULL delay, never 0; a fully returned invoice owes nothing and has none.
-- What was written off is in the net, which payments never reach, but is no longer open: such an invoice ages as an unpaid one.
with sums as (
    select
        i.*,
        {{ paise('i.amount_capped_inr') }} as amount,
        {{ paise('i.amount_inr') }} - {{ paise('i.returned_inr') }} as net,
        {{ paise('i.paid_inr') }} as paid,
        {{ paise('i.open_inr') }} as open,
        {{ days_between('i.invoice_on', 'i.account_as_of_on') }} as age_days,
        {{ month_no('i.invoice_on', 'i.account_as_of_on') }} as month_no,
        i.due_on < i.account_as_of_on as is_due
    from {{ lake('silver', 'invoice', 'silver_invoice') }} as i
    inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on i.distributor_id = l.distributor_id
    where l.is_counted
)

select
    *,
    case
        when net = 0 then null
        when settled_on is not null then {{ days_between('due_on', 'settled_on') }}
        when is_due then {{ days_between('due_on', 'account_as_of_on') }}
    end as delay_days,
    open > 0 and is_due as is_overdue
from sums
