select * from {{ lake('control', 'unreconciled', 'unreconciled') }}
