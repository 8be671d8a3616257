{{ config(**output('gold', 'labels')) }}
-- Decision 70, for training only: bad = any invoice issued in the three months after the snapshot still unpaid 91 days after
-- due. This runs on a Silver whose as_of is the end of the ledger. NULL where no invoice was issued or where one of them is not yet
-- 91 days past due at the end of the ledger: a later default could not be seen.
with snapshots as (
    {% for day in var('label_snapshots') or [var('as_of')] -%}
    select date '{{ day }}' as snapshot_on{{ ' union all ' if not loop.last }}
    {%- endfor %}
),

outcomes as (
    select
        s.snapshot_on,
        i.retailer_id,
        {{ add_days('i.due_on', 91) }} >= i.account_as_of_on as is_unseen,
        i.amount_inr > i.returned_inr
        and (i.settled_on is null or {{ days_between('i.due_on', 'i.settled_on') }} > 90) as is_bad
    from snapshots as s
    inner join {{ lake('silver', 'invoice', 'silver_invoice') }} as i
        on i.invoice_on >= s.snapshot_on and i.invoice_on < {{ add_months_to('s.snapshot_on', 3) }}
)

select
    snapshot_on as as_of_on,
    retailer_id,
    cast(count(*) as integer) as label_invoices,
    cast(case when max(case when is_unseen then 1 else 0 end) = 0 then max(case when is_bad then 1 else 0 end) end as integer) as label_bad
from outcomes
group by snapshot_on, retailer_id
order by snapshot_on, retailer_id
