-- How a retailer orders: the last 365 days; x of the slopes is the day counted towards the account's day.
with orders as (
    select
        retailer_id,
        {{ count_where('age_days <= 91') }} as n_3m,
        {{ count_where('age_days <= 182') }} as n_6m,
        count(*) as n,
        {{ total('amount') }} as amount,
        sum({{ wide('amount') }} * amount) as amount_squares,
        sum(-age_days) as x,
        sum(age_days * age_days) as x_squares,
        sum({{ wide('-age_days') }} * amount) as x_amount,
        count(line_count) as n_lines,
        sum(cast(line_count as bigint)) as lines,
        sum(case when line_count is not null then -age_days end) as lx,
        sum(case when line_count is not null then age_days * age_days end) as lx_squares,
        sum(-age_days * line_count) as lx_lines,
        nullif(count(distinct sku_category), 0) as categories
    from {{ ref('int_invoice') }}
    where age_days <= 365
    group by retailer_id
),

days as (
    select distinct retailer_id, invoice_on from {{ ref('int_invoice') }} where age_days <= 365
),

gaps as (
    select
        retailer_id,
        {{ days_between('lag(invoice_on) over (partition by retailer_id order by invoice_on)', 'invoice_on') }} as gap
    from days
),

cadence as (
    select retailer_id, count(gap) as n, sum(gap) as total, sum(gap * gap) as squares, max(gap) as longest
    from gaps
    group by retailer_id
),

-- A day on which a distributor billed is one order day, however many bills it wrote: more bills than days are purchases in parts.
billed as (
    select distinct retailer_id, distributor_id, invoice_on, age_days from {{ ref('int_invoice') }} where age_days <= 365
),

billing as (
    select
        retailer_id,
        {{ count_where('age_days <= 91') }} as n_3m,
        {{ count_where('age_days <= 182') }} as n_6m,
        count(*) as n
    from billed
    group by retailer_id
),

latest as (
    select retailer_id, min(age_days) as recency from {{ ref('int_invoice') }} group by retailer_id
),

written_off as (
    select distributor_id, source_id as return_id, {{ total(paise('amount_inr')) }} as amount
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    where is_write_off
    group by distributor_id, source_id
),

-- Goods that came back: a return less what of it was a write-off.
goods as (
    select
        r.retailer_id,
        r.age_days,
        {{ paise('r.amount_inr') }} - coalesce(w.amount, 0) as amount
    from {{ ref('int_return') }} as r
    left join written_off as w on r.distributor_id = w.distributor_id and r.return_id = w.return_id
),

returned as (
    select retailer_id, {{ count_where('amount > 0') }} as n, {{ total('amount') }} as amount
    from goods
    where age_days <= 365
    group by retailer_id
)

select
    l.retailer_id,
    cast(coalesce(o.n_3m, 0) as integer) as invoices_3m,
    cast(coalesce(o.n_6m, 0) as integer) as invoices_6m,
    cast(coalesce(o.n, 0) as integer) as invoices_12m,
    cast(coalesce(b.n_3m, 0) as integer) as order_days_3m,
    cast(coalesce(b.n_6m, 0) as integer) as order_days_6m,
    cast(coalesce(b.n, 0) as integer) as order_days_12m,
    {{ mean_of('c.total', 'c.n') }} as gap_mean_days,
    {{ std_of('c.n', 'c.total', 'c.squares') }} as gap_std_days,
    cast(c.longest as integer) as gap_max_days,
    {{ ratio(std_of('c.n', 'c.total', 'c.squares'), mean_of('c.total', 'c.n')) }} as cadence_cv,
    cast(l.recency as integer) as recency_days,
    {{ mean_of('o.amount', 'o.n') }} / 100 as basket_mean_inr,
    {{ ratio(std_of('o.n', 'o.amount', 'o.amount_squares'), mean_of('o.amount', 'o.n')) }} as basket_cv,
    {{ ratio('30 * ' ~ slope_of('o.n', 'o.x', 'o.amount', 'o.x_amount', 'o.x_squares'), mean_of('o.amount', 'o.n')) }} as basket_slope_ratio,
    {{ mean_of('o.lines', 'o.n_lines') }} as lines_mean,
    {{ ratio('30 * ' ~ slope_of('o.n_lines', 'o.lx', 'o.lines', 'o.lx_lines', 'o.lx_squares'), mean_of('o.lines', 'o.n_lines')) }} as lines_slope_ratio,
    cast(o.categories as integer) as sku_category_count,
    {{ ratio('coalesce(r.amount, 0)', 'o.amount') }} as return_rate,
    {{ ratio('coalesce(r.n, 0)', 'o.n') }} as return_count_ratio
from latest as l
left join orders as o on l.retailer_id = o.retailer_id
left join billing as b on l.retailer_id = b.retailer_id
left join cadence as c on l.retailer_id = c.retailer_id
left join returned as r on l.retailer_id = r.retailer_id
