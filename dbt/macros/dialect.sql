{# What the two engines spell differently, and nothing else. Both must give the same numbers: pipelines/tests/test_parity.py. #}

{% macro days_between(earlier, later) %}{{ adapter.dispatch('days_between', 'altscore')(earlier, later) }}{% endmacro %}
{% macro duckdb__days_between(earlier, later) %}cast(date_diff('day', {{ earlier }}, {{ later }}) as bigint){% endmacro %}
{% macro spark__days_between(earlier, later) %}cast(datediff({{ later }}, {{ earlier }}) as bigint){% endmacro %}

{% macro add_days(day, days) %}{{ adapter.dispatch('add_days', 'altscore')(day, days) }}{% endmacro %}
{% macro duckdb__add_days(day, days) %}({{ day }} + cast({{ days }} as integer)){% endmacro %}
{% macro spark__add_days(day, days) %}date_add({{ day }}, {{ days }}){% endmacro %}

{% macro add_months_to(day, months) %}{{ adapter.dispatch('add_months_to', 'altscore')(day, months) }}{% endmacro %}
{% macro duckdb__add_months_to(day, months) %}cast({{ day }} + interval {{ months }} month as date){% endmacro %}
{% macro spark__add_months_to(day, months) %}add_months({{ day }}, {{ months }}){% endmacro %}

{# Exact, linear between neighbours. #}
{% macro percentile_of(value, p) %}{{ adapter.dispatch('percentile_of', 'altscore')(value, p) }}{% endmacro %}
{% macro duckdb__percentile_of(value, p) %}quantile_cont({{ value }}, {{ p }}){% endmacro %}
{% macro spark__percentile_of(value, p) %}percentile({{ value }}, {{ p }}D){% endmacro %}

{# Values that compare by the first that differs. #}
{% macro tuple_of(values) %}{{ adapter.dispatch('tuple_of', 'altscore')(values) }}{% endmacro %}
{% macro duckdb__tuple_of(values) %}row({{ values | join(', ') }}){% endmacro %}
{% macro spark__tuple_of(values) %}struct({{ values | join(', ') }}){% endmacro %}
