{{ config(materialized='ephemeral') }}
-- What became of every Bronze row, found in another way than the stage models do (maximum, not rank), so that it can contradict.
with bronze_rows as (
    select
        'invoices' as table_name, distributor_id, batch_id, record_id, subject_token, content_version, ingested_at,
        source_order, sequence, is_outdated,
        invoice_id as row_key, invoice_on as event_on, {{ paise('amount_inr') }} as amount, is_cancelled
    from {{ bronze('invoices') }} as i
    union all
    select
        'payments' as table_name, distributor_id, batch_id, record_id, subject_token, content_version, ingested_at,
        source_order, sequence, is_outdated,
        concat(payment_id, '#', cast(line_no as string)) as row_key, paid_on as event_on,
        {{ paise('amount_inr') }} as amount, is_cancelled
    from {{ bronze('payments') }} as p
    union all
    select
        'returns' as table_name, distributor_id, batch_id, record_id, subject_token, content_version, ingested_at,
        source_order, sequence, is_outdated,
        return_id as row_key, returned_on as event_on, {{ paise('amount_inr') }} as amount, is_cancelled
    from {{ bronze('returns') }} as r
),

newest as (
    select table_name, distributor_id, row_key, max({{ tuple_of(newness_of()) }}) as version
    from bronze_rows
    group by table_name, distributor_id, row_key
)

select
    b.table_name,
    b.distributor_id,
    b.batch_id,
    b.record_id,
    -- what follows the first # tells the parts or lines of a document apart, as in ingestion
    split_part(b.row_key, '#', 1) as document_id,
    substr(cast(b.event_on as string), 1, 7) as month,
    b.amount,
    m.retailer_id,
    case
        when {{ tuple_of(newness_of('b.')) }} < n.version then 'superseded'
        when b.is_cancelled then 'cancelled'
        when m.retailer_id is null then 'unconsented'
        when b.event_on >= l.account_as_of_on then 'future'
        else 'consented'
    end as fate
from bronze_rows as b
inner join newest as n
    on b.table_name = n.table_name and b.distributor_id = n.distributor_id and b.row_key = n.row_key
inner join {{ lake('silver', 'ledger', 'silver_ledger') }} as l on b.distributor_id = l.distributor_id
left join {{ plan('identity_map') }} as m on b.subject_token = m.subject_token
