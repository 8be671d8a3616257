{{ config(**output('control', 'unreconciled')) }}
with batches as (
    select batch_id, table_name, month, sum(accepted_rows) as accepted_rows, {{ total('accepted') }} as accepted, sum(found_rows) as found_rows, {{ total('found') }} as found
    from (
        select batch_id, table_name, month, row_count as accepted_rows, amount_paise as accepted, 0 as found_rows, 0 as found
        from {{ plan('accepted_totals') }}
        where table_name in ('invoices', 'payments', 'returns')
        union all
        select batch_id, table_name, month, 0 as accepted_rows, 0 as accepted, 1 as found_rows, amount as found from {{ ref('int_fate') }}
    ) as both_sides
    group by batch_id, table_name, month
),

expected as (
    select table_name, distributor_id, record_id, retailer_id, amount from {{ ref('int_fate') }} where fate = 'consented'
)

select
    'accepted_bronze' as boundary,
    table_name,
    concat(batch_id, ' ', month) as row_name,
    case when accepted_rows > found_rows then 'missing' when accepted_rows < found_rows then 'extra' else 'amount' end as gap
from batches
where accepted_rows <> found_rows or accepted <> found
union all
select
    'bronze_silver' as boundary,
    coalesce(e.table_name, s.table_name) as table_name,
    coalesce(e.record_id, s.record_id) as row_name,
    case when s.record_id is null then 'missing' when e.record_id is null then 'extra' else 'amount' end as gap
from expected as e
full outer join {{ ref('int_silver_row') }} as s
    on
        e.table_name = s.table_name and e.distributor_id = s.distributor_id and e.record_id = s.record_id
        and e.retailer_id = s.retailer_id
where s.record_id is null or e.record_id is null or e.amount <> s.amount
order by 1, 2, 3, 4
