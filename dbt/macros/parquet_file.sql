{# DuckDB: a model is one Parquet file in the lake and a view over it. The adapter's own `external` would write a row of NULLs for
   an empty result, and every layer below would have to know. #}
{% materialization parquet_file, adapter='duckdb' %}
  {%- set relation = this.incorporate(type='view') -%}
  {%- set location = config.require('location') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('write') -%}
    copy ({{ sql }}) to '{{ location }}' (format parquet, compression zstd)
  {%- endcall %}
  {% call statement('main') -%}
    create or replace view {{ relation }} as select * from read_parquet('{{ location }}', hive_partitioning=false)
  {%- endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do adapter.commit() %}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}
