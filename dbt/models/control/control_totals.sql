{{ config(**output('control', 'totals')) }}
{%- set fates = ['superseded', 'cancelled', 'unconsented', 'future', 'consented'] %}
with counted as (
    select
        table_name,
        distributor_id,
        month,
        cast(sum(row_count) as bigint) as accepted_rows,
        {{ total('amount_paise') }} as accepted,
        cast(0 as bigint) as bronze_rows,
        cast(0 as decimal(38, 0)) as bronze,
        cast(0 as bigint) as documents,
        {% for fate in fates %}cast(0 as bigint) as {{ fate }}_rows,
        cast(0 as decimal(38, 0)) as {{ fate }},
        {% endfor %}cast(0 as bigint) as silver_rows,
        cast(0 as decimal(38, 0)) as silver
    from {{ plan('accepted_totals') }}
    where table_name in ('invoices', 'payments', 'returns')
    group by table_name, distributor_id, month
    union all
    select
        table_name,
        distributor_id,
        month,
        0,
        0,
        cast(count(*) as bigint),
        {{ total('amount') }},
        cast(count(distinct case when fate not in ('superseded', 'cancelled') then document_id end) as bigint),
        {% for fate in fates %}cast({{ count_where("fate = '" ~ fate ~ "'") }} as bigint),
        {{ total_where('amount', "fate = '" ~ fate ~ "'") }},
        {% endfor %}0,
        0
    from {{ ref('int_fate') }}
    group by table_name, distributor_id, month
    union all
    select
        table_name,
        distributor_id,
        month,
        0,
        0,
        0,
        0,
        0,
        {% for fate in fates %}0,
        0,
        {% endfor %}cast(count(*) as bigint),
        {{ total('amount') }}
    from {{ ref('int_silver_row') }}
    group by table_name, distributor_id, month
)

select
    table_name,
    distributor_id,
    month,
    cast(sum(documents) as bigint) as live_documents,
    {%- for side in ['accepted', 'bronze'] + fates + ['silver'] %}
    cast(sum({{ side }}_rows) as bigint) as {{ side }}_count,
    {{ rupees_total(total(side)) }} as {{ side }}_inr{{ ',' if not loop.last }}
    {%- endfor %}
from counted
group by table_name, distributor_id, month
order by table_name, distributor_id, month
