-- How long, with how many, on what terms. Due dates that we assumed ourselves say nothing about agreed credit.
with terms as (
    select
        *,
        case when due_on_source <> 'assumed' then {{ days_between('invoice_on', 'due_on') }} end as credit_days
    from {{ ref('int_invoice') }}
),

account as (
    select retailer_id, account_as_of_on, max(age_days) as tenure_days, min(invoice_on) as first_on
    from terms
    group by retailer_id, distributor_id, account_as_of_on
),

tenure as (
    select
        retailer_id,
        max(tenure_days) as tenure_days,
        -- whole months: 10 December to 1 June are five
        max(
            {{ month_number('account_as_of_on') }} - {{ month_number('first_on') }}
            - case when day(account_as_of_on) < day(first_on) then 1 else 0 end
        ) as months_history
    from account
    group by retailer_id
),

agreed as (
    select
        retailer_id,
        sum(credit_days) as total,
        count(credit_days) as n,
        sum(case when age_days <= 90 then credit_days end) as total_new,
        count(case when age_days <= 90 then credit_days end) as n_new,
        sum(case when age_days > 90 then credit_days end) as total_old,
        count(case when age_days > 90 then credit_days end) as n_old
    from terms
    where age_days <= 365
    group by retailer_id
),

per_distributor as (
    select retailer_id, distributor_id, {{ total('amount') }} as amount from terms where age_days <= 365 group by retailer_id, distributor_id
),

reach as (
    select retailer_id, count(*) as distributors, max(amount) as largest, {{ total('amount') }} as amount
    from per_distributor
    group by retailer_id
)

select
    t.retailer_id,
    cast(t.tenure_days as integer) as tenure_days,
    cast(t.months_history as integer) as months_history,
    cast(coalesce(r.distributors, 0) as integer) as active_distributors_count,
    {{ ratio('r.largest', 'r.amount') }} as largest_distributor_share,
    {{ mean_of('a.total', 'a.n') }} as credit_days_mean,
    {{ mean_of('a.total_new', 'a.n_new') }} - {{ mean_of('a.total_old', 'a.n_old') }} as credit_days_trend
from tenure as t
left join agreed as a on t.retailer_id = a.retailer_id
left join reach as r on t.retailer_id = r.retailer_id
