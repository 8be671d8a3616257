-- Every boundary inside the lake, to the paisa, per table, distributor and month.
{{ config(severity='error') }}
select *
from {{ lake('control', 'totals', 'control_totals') }}
where
    accepted_count <> bronze_count or accepted_inr <> bronze_inr
    or consented_count <> silver_count or consented_inr <> silver_inr
