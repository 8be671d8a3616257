-- An invoice seen from the snapshot. Nothing due yet = NULL delay, never 0; a fully returned invoice owes nothing and has none.
with sums as (
    select
        *,
        {{ paise('amount_capped_inr') }} as amount,
        {{ paise('amount_inr') }} - {{ paise('returned_inr') }} as net,
        {{ paise('paid_inr') }} as paid,
        {{ paise('open_inr') }} as open,
        {{ days_between('invoice_on', as_of()) }} as age_days,
        cast({{ month_number('invoice_on') }} - ({{ month_number(as_of()) }} - 12) as integer) as month_no
    from {{ lake('silver', 'invoice', 'silver_invoice') }}
)

select
    *,
    case
        when net = 0 then null
        when settled_on is not null then {{ days_between('due_on', 'settled_on') }}
        when due_on < {{ as_of() }} then {{ days_between('due_on', as_of()) }}
    end as delay_days,
    open > 0 and due_on < {{ as_of() }} as is_overdue
from sums
