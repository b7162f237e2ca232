-- Every relation in scope, partitions left to their parents.
copy (
    select c.oid, c.relnamespace, c.relkind, c.relname, t.description,
           case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end
    from pg_catalog.pg_class c
    left join pg_catalog.pg_description t
           on t.objoid = c.oid and t.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and t.objsubid = 0
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and not c.relispartition
      and c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
    order by c.oid
) to stdout
