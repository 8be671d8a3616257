-- How a retailer pays: invoices and payments of the last 365 days; what is overdue counts at any age.
-- A part payment is certain only where a payment names its invoice: one after whose day the net was not reached. Where money
-- came on account, the allocation is ours, and an invoice that two payments meet in says nothing of the retailer.
with delays as (
    select
        retailer_id,
        count(*) as n,
        sum(delay_days) as total,
        sum(delay_days * delay_days) as squares,
        {{ percentile_of('delay_days', 0.5) }} as p50,
        {{ percentile_of('delay_days', 0.9) }} as p90,
        max(delay_days) as longest,
        {{ count_where('delay_days <= 0') }} as on_time,
        {{ count_where('delay_days > 15') }} as late_15,
        {{ count_where('delay_days > 30') }} as late_30,
        sum(case when age_days <= 90 then delay_days end) as total_new,
        {{ count_where('age_days <= 90') }} as n_new,
        sum(case when age_days > 90 then delay_days end) as total_old,
        {{ count_where('age_days > 90') }} as n_old
    from {{ ref('int_invoice') }}
    where delay_days is not null and age_days <= 365
    group by retailer_id
),

dues as (
    select
        retailer_id,
        {{ total('case when is_due and age_days <= 365 then paid end') }} as paid_due,
        {{ total('case when is_due and age_days <= 365 then net end') }} as net_due,
        {{ total_where('open', 'is_overdue') }} as overdue,
        {{ total_where('open', 'is_overdue and delay_days > 90') }} as overdue_90,
        {{ count_where('is_overdue') }} as overdue_count,
        max(case when is_overdue then delay_days else 0 end) as overdue_longest,
        {{ total('open') }} as exposure
    from {{ ref('int_invoice') }}
    group by retailer_id
),

paid_by_then as (
    select
        distributor_id,
        invoice_id,
        method,
        {{ total(paise('amount_inr')) }} over (
            partition by distributor_id, invoice_id order by allocated_on
            range between unbounded preceding and current row
        ) as paid
    from {{ lake('silver', 'allocation', 'silver_allocation') }}
    where source = 'payment'
),

naming as (
    select i.retailer_id, count(*) as n, {{ count_where('p.paid < i.net') }} as partly
    from paid_by_then as p
    inner join {{ ref('int_invoice') }} as i on p.distributor_id = i.distributor_id and p.invoice_id = i.invoice_id
    where p.method = 'named' and i.age_days <= 365
    group by i.retailer_id
),

payments as (
    select
        retailer_id,
        count(*) as n,
        {{ count_where('is_bounced') }} as bounced,
        {{ count_where("not is_bounced and payment_method in ('upi', 'neft')") }} as digital,
        {{ count_where('not is_bounced and payment_method is not null') }} as method_known
    from {{ ref('int_payment') }}
    where age_days <= 365
    group by retailer_id
),

-- a payment of a retailer without any invoice tells of bounces and means of payment all the same
everyone as (
    select retailer_id from dues
    union
    select retailer_id from payments
)

select
    e.retailer_id,
    {{ mean_of('d.total', 'd.n') }} as delay_mean_days,
    cast(d.p50 as double) as delay_p50_days,
    cast(d.p90 as double) as delay_p90_days,
    {{ std_of('d.n', 'd.total', 'd.squares') }} as delay_std_days,
    cast(d.longest as integer) as delay_max_days,
    {{ ratio('d.on_time', 'd.n') }} as on_time_ratio,
    {{ ratio('d.late_15', 'd.n') }} as late_15_ratio,
    {{ ratio('d.late_30', 'd.n') }} as late_30_ratio,
    {{ mean_of('d.total_new', 'd.n_new') }} - {{ mean_of('d.total_old', 'd.n_old') }} as delay_trend_days,
    {{ ratio('u.paid_due', 'u.net_due') }} as paid_ratio,
    {{ ratio('n.partly', 'n.n') }} as partial_payment_ratio,
    cast(coalesce(p.bounced, 0) as integer) as bounce_count,
    {{ ratio('p.bounced', 'p.n') }} as bounce_ratio,
    {{ ratio('p.digital', 'p.method_known') }} as digital_share,
    {{ rupees_double('u.overdue') }} as overdue_amount_inr,
    {{ rupees_double('u.overdue_90') }} as overdue_90_amount_inr,
    cast(u.overdue_count as integer) as overdue_count,
    cast(u.overdue_longest as integer) as overdue_max_age_days,
    {{ ratio('u.overdue', 'm.gmv_6m') }} as overdue_to_gmv_ratio,
    {{ rupees_double('u.exposure') }} as exposure_inr,
    {{ ratio('u.exposure * 6', 'm.gmv_6m') }} as exposure_to_monthly_gmv_ratio
from everyone as e
left join dues as u on e.retailer_id = u.retailer_id
left join delays as d on e.retailer_id = d.retailer_id
left join naming as n on e.retailer_id = n.retailer_id
left join payments as p on e.retailer_id = p.retailer_id
left join {{ ref('int_month') }} as m on e.retailer_id = m.retailer_id
