{{ config(**output('silver', 'invoice')) }}
-- Invoices known on their account's day with what was allocated to them; net = amount less returns, of which a write-off is none.
-- settled_on is the day on which payments reached the net; NULL while open, where everything was returned, and for ever where
-- a part was written off: settlement means payment.
with known as (
    select
        i.*,
        l.account_as_of_on,
        l.is_counted,
        {{ paise('i.amount_inr') }} as amount
    from {{ lake('stage', 'invoice', 'stg_invoice') }} as i
    inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on i.distributor_id = l.distributor_id
    where i.invoice_on < l.account_as_of_on
),

caps as (
    select
        retailer_id,
        cast(floor({{ var('outlier_cap_multiple') }} * {{ percentile_of('amount', 0.5) }}) as bigint) as cap
    from known
    where is_counted
    group by retailer_id
    having count(*) >= {{ var('outlier_cap_min_invoices') }}
),

allocated as (
    select
        distributor_id,
        invoice_id,
        cast({{ sum_where(paise('amount_inr'), "source = 'return' and not is_write_off") }} as bigint) as returned,
        cast({{ sum_where(paise('amount_inr'), 'is_write_off') }} as bigint) as written_off,
        cast({{ sum_where(paise('amount_inr'), "source = 'payment'") }} as bigint) as paid,
        max(case when source = 'payment' then allocated_on end) as last_paid_on
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    group by distributor_id, invoice_id
),

joined as (
    select
        k.*,
        least(k.amount, coalesce(c.cap, k.amount)) as capped,
        coalesce(a.returned, 0) as returned,
        coalesce(a.written_off, 0) as written_off,
        coalesce(a.paid, 0) as paid,
        a.last_paid_on
    from known as k
    left join caps as c on k.retailer_id = c.retailer_id
    left join allocated as a on k.distributor_id = a.distributor_id and k.invoice_id = a.invoice_id
)

select
    retailer_id,
    distributor_id,
    invoice_id,
    bill_ref,
    invoice_on,
    due_on,
    due_on_source,
    amount_inr,
    {{ rupees('capped') }} as amount_capped_inr,
    {{ rupees('returned') }} as returned_inr,
    {{ rupees('written_off') }} as written_off_inr,
    {{ rupees('paid') }} as paid_inr,
    {{ rupees('amount - returned - written_off - paid') }} as open_inr,
    case when paid > 0 and amount = returned + paid then last_paid_on end as settled_on,
    sku_category,
    line_count,
    account_as_of_on,
    record_id
from joined
order by retailer_id, distributor_id, invoice_id
