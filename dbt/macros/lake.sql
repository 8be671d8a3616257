{# Where things stand in the lake, and how each engine reads and writes Parquet there. #}

{% macro root() %}{{ return(adapter.dispatch('root', 'altscore')()) }}{% endmacro %}
{% macro duckdb__root() %}{{ return(var('lake_root')) }}{% endmacro %}
{% macro spark__root() %}{{ return(var('lake_root') | replace('s3://', 's3a://')) }}{% endmacro %}

{% macro folder(layer, name) %}
  {%- set stage_run = var('stage_run_id') or var('run_id') -%}
  {%- if layer == 'gold' -%}{{ return(root() ~ '/gold/run=' ~ var('run_id') ~ '/' ~ name) }}
  {%- elif layer == 'silver' -%}{{ return(root() ~ '/silver/run=' ~ var('run_id') ~ '/' ~ name) }}
  {%- else -%}{{ return(root() ~ '/silver/run=' ~ stage_run ~ '/' ~ layer ~ '/' ~ name) }}{%- endif -%}
{% endmacro %}

{# Output of a model: <folder>/part-0.parquet on DuckDB, the engine's own part files on Spark. #}
{% macro output(layer, name) %}{{ return(adapter.dispatch('output', 'altscore')(layer, name)) }}{% endmacro %}
{% macro duckdb__output(layer, name) %}
  {{ return({'materialized': 'parquet_file', 'location': folder(layer, name) ~ '/part-0.parquet', 'alias': layer ~ '_' ~ name}) }}
{% endmacro %}
{% macro spark__output(layer, name) %}
  {%- set whole = folder(layer, name) -%}
  {{ return({'materialized': 'table', 'file_format': 'parquet', 'alias': name, 'schema': layer,
             'location_root': whole[: whole | length - name | length - 1]}) }}
{% endmacro %}

{# A relation written by another model of this run, read from the lake: no engine keeps a catalogue between jobs. #}
{% macro lake(layer, name, model) -%}
  {%- do ref(model) -%}{{ read_parquet(folder(layer, name) ~ '/*.parquet') }}
{%- endmacro %}

{# A table of the run plan that the job wrote. #}
{% macro plan(name) -%}{%- do source('plan', name) -%}{{ read_parquet(folder('plan', name) ~ '/*.parquet') }}{%- endmacro %}

{% macro read_parquet(path) %}{{ adapter.dispatch('read_parquet', 'altscore')(path) }}{% endmacro %}
{% macro duckdb__read_parquet(path) %}read_parquet('{{ path }}', hive_partitioning=false){% endmacro %}
{% macro spark__read_parquet(path) %}parquet.`{{ path | replace('/*.parquet', '') }}`{% endmacro %}
