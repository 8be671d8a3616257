-- Every boundary, to the paisa, per table, distributor and month.
{{ config(severity='error') }}
select *
from {{ lake('control', 'totals', 'control_totals') }}
where
    erp_count <> bronze_count or erp_inr <> bronze_inr
    or consented_count <> silver_count or consented_inr <> silver_inr
