-- Trajectory and season, from twelve full months of which only the observed ones (since the first invoice) count.
with peaks as (
    select
        *,
        greatest({% for m in range(12) %}m{{ m }}{{ ', ' if not loop.last }}{% endfor %}) as peak
    from {{ ref('int_month') }}
),

sums as (
    select
        *,
        m9 + m10 + m11 as gmv_3m,
        m6 + m7 + m8 as gmv_3m_before,
        {% for m in range(12) %}m{{ m }}{{ ' + ' if not loop.last }}{% endfor %} as gmv_12m,
        -- exact while the squares fit; beyond that (a million of the largest invoices in a month) the scatter is one of doubles
        case
            when cast(peak as double) < 1e18
                then {% for m in range(12) %}{{ wide('m' ~ m) }} * {{ wide('m' ~ m) }}{{ ' + ' if not loop.last }}{% endfor %}
        end as squares,
        {% for m in range(12) %}cast(m{{ m }} as double) * cast(m{{ m }} as double){{ ' + ' if not loop.last }}{% endfor %} as squares_double,
        {% for m in range(12) %}{{ m }} * m{{ m }}{{ ' + ' if not loop.last }}{% endfor %} as month_gmv,
        {% for m in range(12) %}case when m{{ m }} > 0 then 1 else 0 end{{ ' + ' if not loop.last }}{% endfor %} as active,
        cast(observed * (23 - observed) / 2 as bigint) as month_sum,
        cast(0{% for m in range(12) %} + case when {{ m }} >= 12 - observed then {{ m * m }} else 0 end{% endfor %} as bigint) as month_squares
    from peaks
)

select
    retailer_id,
    {{ rupees_double('gmv_3m') }} as gmv_3m_inr,
    {{ rupees_double('gmv_6m') }} / 6 as gmv_6m_monthly_inr,
    {{ rupees_double('gmv_12m') }} as gmv_12m_inr,
    {{ ratio('gmv_3m', 'gmv_3m_before') }} as gmv_growth_ratio,
    {{ ratio(slope_of('observed', 'month_sum', 'gmv_12m', 'month_gmv', 'month_squares'), mean_of('gmv_12m', 'observed')) }} as gmv_slope_ratio,
    {{ mean_of('gmv_12m', 'active') }} / 100 as gmv_per_active_month_inr,
    {{ ratio('sqrt(coalesce(' ~ scatter('observed', 'gmv_12m', 'squares') ~ ', ' ~ at_least_zero('observed * squares_double - cast(gmv_12m as double) * cast(gmv_12m as double)') ~ '))', 'gmv_12m') }} as gmv_cv,
    cast(active as integer) as active_months,
    {{ ratio('active', 'observed') }} as active_month_ratio,
    {{ ratio('peak * observed', 'gmv_12m') }} as peak_month_index,
    case when observed = 12 then {{ ratio('festive', 'gmv_12m') }} end as festive_share,
    {{ rupees_total('gmv_6m') }} as gmv_6m_inr,
    months_bought_6m
from sums
