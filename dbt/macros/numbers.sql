{# Money is summed in whole paise and moments as exact integers, so the order of rows can change no bit of a result. #}

{% macro paise(rupees) %}cast({{ rupees }} * 100 as bigint){% endmacro %}

{# Sum of paise. One amount has at most 13 digits; a sum keeps 38, so that no number of records overflows it. #}
{% macro total(paise) %}sum(cast({{ paise }} as decimal(28, 0))){% endmacro %}

{% macro total_where(paise, condition) %}coalesce({{ total('case when ' ~ condition ~ ' then ' ~ paise ~ ' end') }}, 0){% endmacro %}

{# Rupees of one record. #}
{% macro rupees(paise) %}cast(cast({{ paise }} as decimal(17, 0)) * cast(0.01 as decimal(3, 2)) as decimal(15, 2)){% endmacro %}

{# Rupees of a sum. #}
{% macro rupees_total(paise) %}cast(cast({{ paise }} as decimal(36, 0)) * cast(0.01 as decimal(3, 2)) as decimal(38, 2)){% endmacro %}

{% macro rupees_double(paise) %}(cast({{ paise }} as double) / 100){% endmacro %}

{# a ÷ b as double; NULL for every b that is 0 or NULL, 0 ÷ 0 included. #}
{% macro ratio(a, b) %}(cast({{ a }} as double) / nullif(cast({{ b }} as double), 0)){% endmacro %}

{% macro mean_of(total, count) %}{{ ratio(total, count) }}{% endmacro %}

{# Exact integer of up to 38 digits. #}
{% macro wide(x) %}cast({{ x }} as decimal(38, 0)){% endmacro %}

{# a·b − c·d as double: from exact integers as long as both products fit 38 digits, else from doubles, which cannot overflow. #}
{% macro cross_difference(a, b, c, d) -%}
  {%- set fits -%}
    abs(cast({{ a }} as double) * cast({{ b }} as double)) < 1e37 and abs(cast({{ c }} as double) * cast({{ d }} as double)) < 1e37
  {%- endset -%}
  (case
    when {{ fits }} then cast({{ wide(a) }} * {{ wide(b) }} - {{ wide(c) }} * {{ wide(d) }} as double)
    when not ({{ fits }}) then cast({{ a }} as double) * cast({{ b }} as double) - cast({{ c }} as double) * cast({{ d }} as double)
  end)
{%- endmacro %}

{# The same for a difference that is never below 0 but for the rounding of doubles; NULL stays NULL. #}
{% macro at_least_zero(x) %}(case when {{ x }} < 0 then cast(0 as double) else {{ x }} end){% endmacro %}

{# Sum of squares about the mean, times n: n·Σx² − (Σx)² ≥ 0. #}
{% macro scatter(n, sx, sxx) %}{{ at_least_zero(cross_difference(n, sxx, sx, sx)) }}{% endmacro %}

{# Sample standard deviation from n, Σx, Σx²; NULL for fewer than two. #}
{% macro std_of(n, sx, sxx) %}case when {{ n }} > 1 then sqrt({{ scatter(n, sx, sxx) }} / (cast({{ n }} as double) * cast({{ n }} - 1 as double))) end{% endmacro %}

{# Least-squares slope of y on x from sums; NULL when all x are equal. #}
{% macro slope_of(n, sx, sy, sxy, sxx) %}({{ cross_difference(n, sxy, sx, sy) }} / nullif({{ scatter(n, sx, sxx) }}, 0)){% endmacro %}

{% macro count_where(condition) %}sum(case when {{ condition }} then 1 else 0 end){% endmacro %}

{% macro sum_where(value, condition) %}coalesce(sum(case when {{ condition }} then {{ value }} end), 0){% endmacro %}

{# Months since year 0, so that months can be subtracted. #}
{% macro month_number(day) %}(year({{ day }}) * 12 + month({{ day }})){% endmacro %}

{# 0 to 11: the twelve full months before the month from which an account is seen, the oldest first; 12: that month. #}
{% macro month_no(day, seen_on) %}cast({{ month_number(day) }} - ({{ month_number(seen_on) }} - 12) as integer){% endmacro %}

{# A text that says something; what stands for nothing is NULL (the same texts are no group in scoring's fairness). #}
{% macro known_label(text) -%}
  (case when lower(trim({{ text }})) not in ('', 'unknown', 'not known', 'n/a', 'na', 'none', '-') then {{ text }} end)
{%- endmacro %}

{# October and November carry Navratri to Diwali in every year. #}
{% macro is_festive(day) %}month({{ day }}) in (10, 11){% endmacro %}

{# The snapshot. What is measured against now is measured against the account's own day, account_as_of_on of silver_ledger. #}
{% macro as_of() %}date '{{ var("as_of") }}'{% endmacro %}
