-- Relations that the role may not SELECT, as (schema, oid): asked only when the probe says that there are any.
copy (
    select c.relnamespace, c.oid, c.relname
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and not c.relispartition
      and c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
      and not pg_catalog.has_table_privilege(c.oid, 'SELECT')
) to stdout
