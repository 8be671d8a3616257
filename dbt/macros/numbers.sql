{# Money is summed in whole paise and moments as exact integers, so the order of rows can change no bit of a result. #}

{% macro paise(rupees) %}cast({{ rupees }} * 100 as bigint){% endmacro %}

{% macro rupees(paise) %}cast(cast({{ paise }} as decimal(17, 0)) * cast(0.01 as decimal(3, 2)) as decimal(15, 2)){% endmacro %}

{% macro rupees_double(paise) %}(cast({{ paise }} as double) / 100){% endmacro %}

{# a ÷ b as double; NULL for every b that is 0 or NULL, 0 ÷ 0 included. #}
{% macro ratio(a, b) %}(cast({{ a }} as double) / nullif(cast({{ b }} as double), 0)){% endmacro %}

{% macro mean_of(total, count) %}{{ ratio(total, count) }}{% endmacro %}

{# Exact integer: both factors may be sums of squared paise (10^21), their product fits 38 digits. #}
{% macro wide(x) %}cast({{ x }} as decimal(38, 0)){% endmacro %}

{# Sum of squares about the mean, times n: n·Σx² − (Σx)², an exact integer ≥ 0. #}
{% macro scatter(n, sx, sxx) %}cast(cast({{ n }} as decimal(12, 0)) * cast({{ sxx }} as decimal(26, 0)) - cast({{ sx }} as decimal(19, 0)) * cast({{ sx }} as decimal(19, 0)) as double){% endmacro %}

{# Sample standard deviation from n, Σx, Σx²; NULL for fewer than two. #}
{% macro std_of(n, sx, sxx) %}case when {{ n }} > 1 then sqrt({{ scatter(n, sx, sxx) }} / (cast({{ n }} as double) * cast({{ n }} - 1 as double))) end{% endmacro %}

{# Least-squares slope of y on x from sums; NULL when all x are equal. #}
{% macro slope_of(n, sx, sy, sxy, sxx) %}(cast(cast({{ n }} as decimal(12, 0)) * cast({{ sxy }} as decimal(26, 0)) - cast({{ sx }} as decimal(19, 0)) * cast({{ sy }} as decimal(19, 0)) as double) / nullif({{ scatter(n, sx, sxx) }}, 0)){% endmacro %}

{% macro count_where(condition) %}sum(case when {{ condition }} then 1 else 0 end){% endmacro %}

{% macro sum_where(value, condition) %}coalesce(sum(case when {{ condition }} then {{ value }} end), 0){% endmacro %}

{# Months since year 0, so that months can be subtracted. #}
{% macro month_number(day) %}(year({{ day }}) * 12 + month({{ day }})){% endmacro %}

{% macro as_of() %}date '{{ var("as_of") }}'{% endmacro %}
