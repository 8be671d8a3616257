{{ config(**output('silver', 'allocation')) }}
-- Which credit (payment or return) paid which invoice, to the paisa, per account = (retailer, distributor).
--   named  a credit that names an invoice pays that one first; returns before payments, each by date; a surplus goes on account
--   fifo   what is left, oldest credit to oldest open invoice: both laid end to end as intervals, an overlap is an allocation
-- Bounced payments are no credits. What exceeds everything owed stays unallocated, and so does a credit that names a bill which
-- is not there (decision 84): it paid a debt that this ledger does not know, and completeness falls.
-- is_write_off (decision 93): the part of a return that went to an invoice long after its due date, or that is a large part of
-- an invoice past due. The debt was given up, not paid.
with invoices as (
    select
        i.retailer_id,
        i.distributor_id,
        i.invoice_id,
        i.bill_ref,
        i.invoice_on,
        i.due_on,
        {{ paise('i.amount_inr') }} as amount
    from {{ lake('stage', 'invoice', 'stg_invoice') }} as i
    inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on i.distributor_id = l.distributor_id
    where i.invoice_on < l.account_as_of_on
),

credits as (
    select
        retailer_id,
        distributor_id,
        'payment' as source,
        payment_id as source_id,
        line_no,
        paid_on as credit_on,
        {{ paise('amount_inr') }} as amount,
        invoice_id,
        bill_ref
    from {{ lake('silver', 'payment', 'silver_payment') }}
    where not is_bounced
    union all
    select
        retailer_id,
        distributor_id,
        'return' as source,
        return_id as source_id,
        1 as line_no,
        returned_on as credit_on,
        {{ paise('amount_inr') }} as amount,
        invoice_id,
        cast(null as string) as bill_ref
    from {{ lake('silver', 'return', 'silver_return') }}
),

-- A bill number may repeat over the years: the nearest invoice on or before the payment is meant, else the nearest after it.
by_bill_ref as (
    select
        c.source,
        c.retailer_id,
        c.distributor_id,
        c.source_id,
        c.line_no,
        i.invoice_id,
        row_number() over (
            partition by c.distributor_id, c.source, c.source_id, c.line_no
            order by
                case when i.invoice_on <= c.credit_on then 0 else 1 end,
                abs({{ days_between('i.invoice_on', 'c.credit_on') }}),
                i.invoice_id
        ) as closeness
    from credits as c
    inner join invoices as i
        on c.retailer_id = i.retailer_id and c.distributor_id = i.distributor_id and c.bill_ref = i.bill_ref
    where c.bill_ref is not null
),

naming as (
    select
        c.*,
        coalesce(i.invoice_id, b.invoice_id) as named_id,
        coalesce(i.amount, j.amount) as named_amount
    from credits as c
    left join invoices as i
        on c.retailer_id = i.retailer_id and c.distributor_id = i.distributor_id and c.invoice_id = i.invoice_id
    left join by_bill_ref as b
        on
            c.distributor_id = b.distributor_id and c.source = b.source and c.source_id = b.source_id
            and c.line_no = b.line_no and b.closeness = 1
    left join invoices as j
        on c.retailer_id = j.retailer_id and c.distributor_id = j.distributor_id and b.invoice_id = j.invoice_id
),

running as (
    select
        *,
        {{ total('amount') }} over (
            partition by distributor_id, named_id
            order by case when source = 'return' then 0 else 1 end, credit_on, source_id, line_no
            rows between unbounded preceding and current row
        ) as upto
    from naming
    where named_id is not null
),

named as (
    select
        retailer_id,
        distributor_id,
        named_id as invoice_id,
        source,
        source_id,
        line_no,
        credit_on,
        cast(least(upto, named_amount) - least(upto - amount, named_amount) as bigint) as amount
    from running
),

open_invoices as (
    select
        i.retailer_id,
        i.distributor_id,
        i.invoice_id,
        i.invoice_on,
        i.amount - coalesce(n.amount, 0) as amount
    from invoices as i
    left join (
        select distributor_id, invoice_id, cast(sum(amount) as bigint) as amount
        from named group by distributor_id, invoice_id
    ) as n on i.distributor_id = n.distributor_id and i.invoice_id = n.invoice_id
),

on_account as (
    select
        c.retailer_id,
        c.distributor_id,
        c.source,
        c.source_id,
        c.line_no,
        c.credit_on,
        c.amount - coalesce(n.amount, 0) as amount
    from naming as c
    left join named as n
        on
            c.distributor_id = n.distributor_id and c.source = n.source and c.source_id = n.source_id
            and c.line_no = n.line_no
    where c.named_id is not null or (c.invoice_id is null and c.bill_ref is null)
),

-- One key per position: on separate columns the planner pairs all invoices of an account with all its credits first.
owed as (
    select
        *,
        row_number() over account as rank_no,
        concat(retailer_id, distributor_id, '/', cast(row_number() over account as string)) as rank_key,
        {{ total('amount') }} over account as upto
    from open_invoices
    where amount > 0
    window account as (
        partition by retailer_id, distributor_id order by invoice_on, invoice_id
        rows between unbounded preceding and current row
    )
),

offered as (
    select
        *,
        row_number() over account as rank_no,
        concat(retailer_id, distributor_id, '/', cast(row_number() over account as string)) as rank_key,
        {{ total('amount') }} over account as upto
    from on_account
    where amount > 0
    window account as (
        partition by retailer_id, distributor_id order by credit_on, source desc, source_id, line_no
        rows between unbounded preceding and current row
    )
),

-- The overlap join as a sweep: between two neighbouring cut points lies exactly one invoice and one credit, so it is
-- linear in the rows of an account where a join on ranges would pair them all.
cuts as (
    select
        retailer_id,
        distributor_id,
        upto,
        max(owed_no) as owed_no,
        max(offered_no) as offered_no
    from (
        select retailer_id, distributor_id, upto, rank_no as owed_no, cast(null as bigint) as offered_no from owed
        union all
        select retailer_id, distributor_id, upto, cast(null as bigint) as owed_no, rank_no as offered_no from offered
    ) as both_sides
    group by retailer_id, distributor_id, upto
),

segments as (
    select
        retailer_id,
        distributor_id,
        upto - coalesce(lag(upto) over (partition by retailer_id, distributor_id order by upto), 0) as amount,
        min(owed_no) over (
            partition by retailer_id, distributor_id order by upto rows between current row and unbounded following
        ) as owed_no,
        min(offered_no) over (
            partition by retailer_id, distributor_id order by upto rows between current row and unbounded following
        ) as offered_no
    from cuts
),

fifo as (
    select
        s.retailer_id,
        s.distributor_id,
        i.invoice_id,
        c.source,
        c.source_id,
        c.line_no,
        c.credit_on,
        cast(s.amount as bigint) as amount
    from segments as s
    inner join owed as i on concat(s.retailer_id, s.distributor_id, '/', cast(s.owed_no as string)) = i.rank_key
    inner join offered as c on concat(s.retailer_id, s.distributor_id, '/', cast(s.offered_no as string)) = c.rank_key
),

both_ways as (
    select *, 'named' as method from named where amount > 0
    union all
    select *, 'fifo' as method from fifo
)

select
    a.retailer_id,
    a.distributor_id,
    a.invoice_id,
    a.source,
    a.source_id,
    a.line_no,
    a.method,
    -- an advance settles nothing before the invoice exists
    greatest(a.credit_on, i.invoice_on) as allocated_on,
    {{ rupees('a.amount') }} as amount_inr,
    a.source = 'return'
    and (
        a.credit_on > {{ add_days('i.due_on', var('write_off_days')) }}
        -- goods that name nothing go to the oldest debt by our own choice: a large part of a small bill says nothing of that bill
        or (a.method = 'named' and a.credit_on > i.due_on and a.amount * 100 > i.amount * {{ var('write_off_percent') }})
    ) as is_write_off
from both_ways as a
inner join invoices as i on a.distributor_id = i.distributor_id and a.invoice_id = i.invoice_id
order by a.retailer_id, a.distributor_id, a.invoice_id, a.source, a.source_id, a.line_no, a.method
