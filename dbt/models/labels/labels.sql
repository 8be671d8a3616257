{{ config(**output('gold', 'labels')) }}
-- Decisions 54, 70, 93, 94, for training only. What counts for a retailer: every invoice issued in the three months after the
-- snapshot; where there is none, every invoice that was open at the snapshot. Bad = one of them was not paid in full within
-- label_days of its due date (of the snapshot, where it was due before), or was written off; else good. This runs on a Silver whose
-- as_of is the end of the ledger. NULL where nothing counts, or where the term of one that counts, or the three months, end beyond
-- the ledger: a later default could not be seen, and bad outcomes that show first must not stand for all.
{%- set seen_before = 'i.account_as_of_on' %}
{%- set term_ends = add_days('greatest(i.due_on, s.snapshot_on)', var('label_days')) %}
with snapshots as (
    {% for day in var('label_snapshots') or [var('as_of')] -%}
    select date '{{ day }}' as snapshot_on{{ ' union all ' if not loop.last }}
    {%- endfor %}
),

credited as (
    select
        distributor_id,
        invoice_id,
        max(allocated_on) as last_on,
        max(case when source = 'payment' then allocated_on end) as last_paid_on,
        max(case when is_write_off then allocated_on end) as written_off_on
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    group by distributor_id, invoice_id
),

invoices as (
    select
        i.retailer_id,
        i.invoice_on,
        i.due_on,
        i.open_inr > 0 as is_open,
        -- the day on which nothing was open any more
        case when i.open_inr > 0 then {{ as_of() }} else c.last_on end as open_until,
        c.last_paid_on,
        c.written_off_on,
        i.account_as_of_on
    from {{ lake('silver', 'invoice', 'silver_invoice') }} as i
    left join credited as c on i.distributor_id = c.distributor_id and i.invoice_id = c.invoice_id
),

outcomes as (
    select
        s.snapshot_on,
        i.retailer_id,
        i.invoice_on >= s.snapshot_on as is_issued_after,
        {{ term_ends }} >= {{ seen_before }} or {{ add_months_to('s.snapshot_on', 3) }} > {{ seen_before }} as is_unseen,
        i.is_open or i.written_off_on >= s.snapshot_on or i.last_paid_on >= {{ term_ends }} as is_bad
    from snapshots as s
    inner join invoices as i
        on i.open_until >= s.snapshot_on and i.invoice_on < {{ add_months_to('s.snapshot_on', 3) }}
),

counted as (
    select
        *,
        {{ count_where('is_issued_after') }} over (partition by snapshot_on, retailer_id) as issued_after
    from outcomes
)

select
    snapshot_on as as_of_on,
    retailer_id,
    cast(max(issued_after) as integer) as label_invoices,
    cast(case when max(case when is_unseen then 1 else 0 end) = 0 then max(case when is_bad then 1 else 0 end) end as integer) as label_bad
from counted
where is_issued_after or issued_after = 0
group by snapshot_on, retailer_id
order by snapshot_on, retailer_id
