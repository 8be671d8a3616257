{{ config(materialized='ephemeral') }}
select 'invoices' as table_name, distributor_id, record_id, retailer_id, substr(cast(invoice_on as string), 1, 7) as month, {{ paise('amount_inr') }} as amount
from {{ lake('silver', 'invoice', 'silver_invoice') }}
union all
select 'payments' as table_name, distributor_id, record_id, retailer_id, substr(cast(paid_on as string), 1, 7) as month, {{ paise('amount_inr') }} as amount
from {{ lake('silver', 'payment', 'silver_payment') }}
union all
select 'returns' as table_name, distributor_id, record_id, retailer_id, substr(cast(returned_on as string), 1, 7) as month, {{ paise('amount_inr') }} as amount
from {{ lake('silver', 'return', 'silver_return') }}
