-- Primary keys and unique keys by their indexes: dbt-postgres makes unique indexes where others write constraints, and
-- readers may rely on both. Partial, expression and invalid indexes promise nothing.
copy (
    select i.indrelid, i.indisprimary, i.indnkeyatts, i.indkey
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indrelid
    where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and c.relkind in ('r', 'p', 'm')
      and not c.relispartition
      and c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
) to stdout
