{{ config(**output('control', 'erp')) }}
-- The ERP's own totals against live Bronze, which neither ingestion nor this lake can have made equal by counting themselves. A month
-- agrees when the sums are equal to the paisa and the ERP's number lies between Bronze's documents and the records they consist of:
-- ERPs count the one or the other (so does ingestion). No statement, or records since it: nothing is compared.
with bronze_months as (
    select
        table_name,
        distributor_id,
        month,
        live_documents as documents,
        unconsented_count + future_count + consented_count as records,
        unconsented_inr + future_inr + consented_inr as amount_inr
    from {{ lake('control', 'totals', 'control_totals') }}
    where unconsented_count + future_count + consented_count > 0
),

both_sides as (
    select
        coalesce(e.table_name, b.table_name) as table_name,
        coalesce(e.distributor_id, b.distributor_id) as distributor_id,
        coalesce(e.month, b.month) as month,
        e.document_count as erp_documents,
        {{ rupees_total('e.amount_paise') }} as erp_inr,
        coalesce(b.documents, 0) as bronze_documents,
        coalesce(b.records, 0) as bronze_records,
        cast(coalesce(b.amount_inr, 0) as decimal(38, 2)) as bronze_inr,
        e.is_newest
    from {{ plan('erp_totals') }} as e
    full outer join bronze_months as b
        on e.table_name = b.table_name and e.distributor_id = b.distributor_id and e.month = b.month
),

judged as (
    select
        *,
        case
            when erp_documents is null then 'not_stated'
            when not is_newest then 'moved_on'
            when bronze_inr < erp_inr then 'missing'
            when bronze_inr > erp_inr then 'extra'
            when erp_documents not between bronze_documents and bronze_records then 'count'
        end as reason
    from both_sides
)

select
    table_name,
    distributor_id,
    month,
    erp_documents,
    erp_inr,
    bronze_documents,
    bronze_records,
    bronze_inr,
    case when reason is null then 'agrees' when reason in ('not_stated', 'moved_on') then 'not_compared' else 'differs' end as outcome,
    reason
from judged
order by table_name, distributor_id, month
