-- Croston's method over the observed months, step by step: size and interval of demand, each smoothed with alpha only when
-- there is demand; the rate carries Syntetos and Boylan's correction. Steps, not a weighted sum: the same bits on both engines.
{%- set alpha = '0.2' %}
with step_0 as (
    select
        *,
        cast(null as double) as size,
        cast(null as double) as gap,
        cast(0 as double) as since
    from {{ ref('int_month') }}
)
{%- for m in range(12) %},

step_{{ m + 1 }} as (
    select
        retailer_id, observed, {% for k in range(12) %}m{{ k }}, {% endfor %}
        case
            when m{{ m }} = 0 then size
            when size is null then cast(m{{ m }} as double)
            else size + cast({{ alpha }} as double) * (cast(m{{ m }} as double) - size)
        end as size,
        case
            when m{{ m }} = 0 then gap
            when gap is null then since + 1
            else gap + cast({{ alpha }} as double) * (since + 1 - gap)
        end as gap,
        case when m{{ m }} > 0 or {{ m }} < 12 - observed then cast(0 as double) else since + 1 end as since
    from step_{{ m }}
)
{%- endfor %}

select
    retailer_id,
    gap as croston_interval_months,
    size / 100 as croston_size_inr,
    (1 - cast({{ alpha }} as double) / 2) * size / gap / 100 as croston_rate_inr
from step_12
