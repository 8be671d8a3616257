{{ config(**output('gold', 'retailer_features')) }}
-- One row per retailer with consent. A quantity of which there is none (orders, bounces, dues) is 0; a ratio of nothing is NULL.
select
    r.retailer_id,
    {{ as_of() }} as as_of_on,
    r.data_as_of_on,
    -- payment
    p.delay_mean_days,
    p.delay_p50_days,
    p.delay_p90_days,
    p.delay_max_days,
    p.on_time_ratio,
    p.late_15_ratio,
    p.late_30_ratio,
    p.delay_std_days,
    coalesce(p.bounce_count, 0) as bounce_count,
    p.bounce_ratio,
    p.digital_share,
    p.delay_trend_days,
    p.paid_ratio,
    p.partial_payment_ratio,
    p.overdue_amount_inr,
    coalesce(p.overdue_count, 0) as overdue_count,
    coalesce(p.overdue_max_age_days, 0) as overdue_max_age_days,
    p.overdue_to_gmv_ratio,
    -- order
    coalesce(o.invoices_3m, 0) as invoices_3m,
    coalesce(o.invoices_6m, 0) as invoices_6m,
    coalesce(o.invoices_12m, 0) as invoices_12m,
    o.gap_mean_days,
    o.gap_std_days,
    o.cadence_cv,
    coalesce(m.active_months, 0) as active_months,
    o.basket_cv,
    o.gap_max_days,
    o.recency_days,
    o.basket_mean_inr,
    o.basket_slope_ratio,
    o.lines_mean,
    o.lines_slope_ratio,
    o.sku_category_count,
    o.return_rate,
    o.return_count_ratio,
    -- trajectory
    m.gmv_3m_inr,
    m.gmv_6m_monthly_inr,
    m.gmv_12m_inr,
    m.gmv_per_active_month_inr,
    m.gmv_growth_ratio,
    m.gmv_slope_ratio,
    m.gmv_cv,
    -- seasonal
    m.peak_month_index,
    m.festive_share,
    m.active_month_ratio,
    c.croston_interval_months,
    c.croston_size_inr,
    c.croston_rate_inr,
    -- relationship
    s.tenure_days,
    coalesce(s.active_distributors_count, 0) as active_distributors_count,
    s.largest_distributor_share,
    s.credit_days_mean,
    s.credit_days_trend,
    p.exposure_inr,
    p.exposure_to_monthly_gmv_ratio,
    -- for the guardrails
    k.completeness,
    coalesce(m.gmv_6m_inr, cast(0 as decimal(38, 2))) as gmv_6m_inr,
    coalesce(p.overdue_90_amount_inr, cast(0 as double)) as overdue_90_amount_inr,
    coalesce(s.months_history, 0) as months_history,
    coalesce(o.order_days_3m, 0) as order_days_3m,
    coalesce(o.order_days_6m, 0) as order_days_6m,
    coalesce(o.order_days_12m, 0) as order_days_12m,
    r.district,
    case
        when coalesce(m.gmv_6m_inr, 0) < 6 * 20000 then 'micro'
        when m.gmv_6m_inr < 6 * 60000 then 'small'
        when m.gmv_6m_inr < 6 * 200000 then 'medium'
        else 'large'
    end as size_band,
    r.distributors_count,
    -- how far the oldest ledger that counts lies behind the snapshot
    r.ledger_late_days
from {{ lake('silver', 'retailer', 'silver_retailer') }} as r
left join {{ ref('feat_payment') }} as p on r.retailer_id = p.retailer_id
left join {{ ref('feat_order') }} as o on r.retailer_id = o.retailer_id
left join {{ ref('feat_month') }} as m on r.retailer_id = m.retailer_id
left join {{ ref('feat_croston') }} as c on r.retailer_id = c.retailer_id
left join {{ ref('feat_relationship') }} as s on r.retailer_id = s.retailer_id
left join {{ ref('int_completeness') }} as k on r.retailer_id = k.retailer_id
order by r.retailer_id
