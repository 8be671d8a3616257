{{ config(**output('silver', 'ledger')) }}
-- How far each distributor's ledger reaches (decision 92). Its accounts are seen from the day after the last day that it covers,
-- and never from a later day than the snapshot: what it has not told yet is not known, and silence is not a default.
with reach as (
    select distributor_id, max(covered_on) as covered_on from {{ plan('batches') }} group by distributor_id
),

seen as (
    select
        distributor_id,
        covered_on,
        least({{ add_days('covered_on', 1) }}, {{ as_of() }}) as account_as_of_on
    from reach
)

select
    distributor_id,
    covered_on,
    account_as_of_on,
    cast({{ days_between('account_as_of_on', as_of()) }} as integer) as late_days,
    {{ days_between('account_as_of_on', as_of()) }} <= {{ var('late_days_counted') }} as is_counted
from seen
order by distributor_id
