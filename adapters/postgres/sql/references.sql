-- Foreign keys. The referenced side is named here, for it may lie outside the scope.
copy (
    select k.conrelid, k.conkey, n.nspname, r.relname,
           (
               select pg_catalog.json_agg(a.attname order by u.position)
               from pg_catalog.unnest(k.confkey) with ordinality u (attnum, position)
               join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum
           )
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_class r on r.oid = k.confrelid
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace
    where k.contype = 'f'
      and k.conparentid = 0
      and not c.relispartition
      and c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
) to stdout
