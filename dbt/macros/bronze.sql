{# Rows of one Bronze table from the files that the run plan names, all verified by the job. Files of schema version 1 lack the
   columns of `later_columns`; what their absence means stands beside their type. #}
{% macro bronze(table) -%}
  {%- do source('bronze', table) -%}
  {%- set columns, later = bronze_columns()[table], later_columns()[table] -%}
  {%- set plain, ordered = [], [] -%}
  {%- if execute -%}
    {%- set rows = run_query("select uri, schema_version from " ~ plan('files') ~ " where table_name = '" ~ table ~ "' order by uri") -%}
    {%- for row in rows.rows -%}{%- do (plain if row[1] < 2 else ordered).append(row[0]) -%}{%- endfor -%}
  {%- endif -%}
  (
  {%- if plain %}
  select {{ cast_columns(columns) }}
    {%- for name, meaning in later.items() %}, cast({{ meaning[1] }} as {{ meaning[0] }}) as {{ name }}{% endfor %}
  from {{ bronze_files(plain) }}
  {%- endif %}
  {%- if plain and ordered %}
  union all
  {%- endif %}
  {%- if ordered %}
  select {{ cast_columns(columns) }}
    {%- for name, meaning in later.items() %}, cast({{ name }} as {{ meaning[0] }}) as {{ name }}{% endfor %}
  from {{ bronze_files(ordered) }}
  {%- endif %}
  {%- if not plain and not ordered %}
  select {% for name, type in columns.items() %}cast(null as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    {%- for name, meaning in later.items() %}, cast(null as {{ meaning[0] }}) as {{ name }}{% endfor %}
  where 1 = 0
  {%- endif %}
  )
{%- endmacro %}

{% macro cast_columns(columns) -%}
  {% for name, type in columns.items() %}cast({{ name }} as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{# Which statement of a record is the newest (decision 79), the greatest being the newest: never one that a newer one had overtaken
   when it arrived; then the ERP's own order, the batch's sequence and the arrival. Of one version in two batches (ingestion was cut
   off, or its database restored) the later arrival stands. #}
{% macro newness_of(prefix='') %}{{ return([
  'case when ' ~ prefix ~ 'is_outdated then 0 else 1 end', prefix ~ 'source_order', prefix ~ 'sequence',
  prefix ~ 'content_version', prefix ~ 'ingested_at', prefix ~ 'batch_id']) }}{% endmacro %}

{# For past days a statement counts from the day that its batch covers: of those before `statements_before` the newest stands. Of a
   document that was first stated later (a backfill) the first statement does, and its events are known by their own dates. #}
{% macro newest_first() -%}
  {% if var('statements_before') %}greatest(stated_on, {{ add_days("date '" ~ var('statements_before') ~ "'", -1) }}), {% endif -%}
  {{ newness_of() | join(' desc, ') }} desc, record_id desc
{%- endmacro %}

{# Bronze rows with the day from which each is known, where that is asked for. #}
{% macro statements(table) -%}
  {%- if not var('statements_before') -%}{{ bronze(table) }}
  {%- else -%}
  (
  select b.*, p.covered_on as stated_on
  from {{ bronze(table) }} as b
  inner join {{ plan('batches') }} as p on b.distributor_id = p.distributor_id and b.batch_id = p.batch_id
  )
  {%- endif -%}
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

{# Type, and what the absence of the column means. #}
{% macro later_columns() %}
  {%- set statement = {'source_order': ['bigint', '0'], 'sequence': ['bigint', '0'], 'is_outdated': ['boolean', 'false']} -%}
  {{ return({
    'invoices': statement,
    'payments': dict(statement, **{'is_cancelled': ['boolean', 'false'], 'bounced_on': ['date', 'null']}),
    'returns': dict(statement, **{'is_cancelled': ['boolean', 'false']}),
    'retailers': {},
  }) }}
{% endmacro %}
