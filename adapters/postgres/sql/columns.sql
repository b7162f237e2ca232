-- Every column of every relation in scope, in the order of relations.sql. A NOT NULL of a domain is the column's too.
copy (
    select a.attrelid, a.attnum, a.attname,
           pg_catalog.format_type(a.atttypid, a.atttypmod),
           a.attnotnull or a.atttypid in (select y.oid from pg_catalog.pg_type y where y.typtype = 'd' and y.typnotnull),
           a.attidentity, a.attgenerated,
           case when a.atthasdef then (
               select pg_catalog.pg_get_expr(d.adbin, d.adrelid)
               from pg_catalog.pg_attrdef d
               where d.adrelid = a.attrelid and d.adnum = a.attnum
           ) end,
           t.description
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    left join pg_catalog.pg_description t
           on t.objoid = a.attrelid and t.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and t.objsubid = a.attnum
    where a.attnum > 0
      and not a.attisdropped
      and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and not c.relispartition
      and c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
    order by a.attrelid, a.attnum
) to stdout
