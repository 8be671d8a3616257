{# Rows of one Bronze table from the files that the run plan names (all verified by the job), in the shape of `columns`. #}
{% macro bronze(table) -%}
  {%- do source('bronze', table) -%}
  {%- set columns = bronze_columns()[table] -%}
  {%- set files = [] -%}
  {%- if execute -%}
    {%- set rows = run_query("select uri from " ~ plan('files') ~ " where table_name = '" ~ table ~ "' order by uri") -%}
    {%- set files = rows.columns[0].values() | list -%}
  {%- endif -%}
  (
  {%- if files %}
  select {% for name, type in columns.items() %}cast({{ name }} as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
  from {{ bronze_files(files) }}
  {%- else %}
  select {% for name, type in columns.items() %}cast(null as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
  where 1 = 0
  {%- endif %}
  )
{%- endmacro %}

{% macro bronze_files(files) %}{{ adapter.dispatch('bronze_files', 'altscore')(files) }}{% endmacro %}
{% macro duckdb__bronze_files(files) %}read_parquet(['{{ files | join("', '") }}'], hive_partitioning=false, union_by_name=true){% endmacro %}
{# Spark takes one path per relation; braces under the common root make it many. #}
{% macro spark__bronze_files(files) -%}
  {%- set root = files[0].split('/dist=')[0] -%}
  {%- set paths = [] -%}
  {%- for file in files -%}{%- do paths.append(file[root | length + 1 :]) -%}{%- endfor -%}
  parquet.`{{ root | replace('s3://', 's3a://') }}/{{ '{' ~ paths | join(',') ~ '}' if paths | length > 1 else paths[0] }}`
{%- endmacro %}

{% macro bronze_columns() %}
  {%- set common = {'distributor_id': 'string', 'batch_id': 'string', 'record_id': 'string', 'subject_token': 'string',
                    'ingested_at': 'timestamp', 'content_version': 'integer'} -%}
  {{ return({
    'invoices': dict(common, **{'invoice_id': 'string', 'invoice_on': 'date', 'due_on': 'date', 'due_on_is_default': 'boolean',
        'amount_inr': 'decimal(15, 2)', 'bill_ref': 'string', 'sku_category': 'string', 'line_count': 'integer',
        'is_cancelled': 'boolean'}),
    'payments': dict(common, **{'payment_id': 'string', 'line_no': 'integer', 'invoice_id': 'string', 'bill_ref': 'string',
        'paid_on': 'date', 'amount_inr': 'decimal(15, 2)', 'payment_method': 'string', 'is_bounced': 'boolean'}),
    'returns': dict(common, **{'return_id': 'string', 'invoice_id': 'string', 'returned_on': 'date',
        'amount_inr': 'decimal(15, 2)'}),
    'retailers': dict(common, **{'district': 'string', 'is_active': 'boolean', 'gst_status': 'string'}),
  }) }}
{% endmacro %}
