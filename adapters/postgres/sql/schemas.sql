-- Who asks, where, and which schemas there are. The adapter picks the scope from this list.
select n.oid, n.nspname, pg_catalog.has_schema_privilege(n.oid, 'USAGE') as usage
from pg_catalog.pg_namespace n
order by n.nspname
