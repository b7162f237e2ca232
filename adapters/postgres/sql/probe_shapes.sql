-- One row per catalog that shapes are made of: rows, and the sum of the transactions that wrote them (see
-- probe_schemas.sql). Not split by schema: that join would cost more than all the rest. What belongs to temporary,
-- system and excluded schemas ("noise") is left out, so that other people's temporary tables change nothing.
with noise as materialized (
    select c.oid
    from pg_catalog.pg_class c
    where c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.noise'), ',')::pg_catalog.oid[]))
),
noisy as materialized (
    select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.noise'), ',')::pg_catalog.oid[]) as oid
)
-- By far the largest: everything in one plain pass, less the (few) columns of noise.
select 'attribute', a.n - o.n as n, (a.n - o.n) * pg_catalog.age('3'::pg_catalog.xid) - (a.ages - o.ages) as written
from (
    select pg_catalog.count(*) as n, coalesce(pg_catalog.sum(pg_catalog.age(a.xmin)), 0) as ages
    from pg_catalog.pg_attribute a
    where a.attrelid >= 16384 and a.attnum > 0
) a, (
    select pg_catalog.count(*) as n, coalesce(pg_catalog.sum(pg_catalog.age(a.xmin)), 0) as ages
    from pg_catalog.pg_attribute a
    where a.attrelid >= 16384 and a.attnum > 0 and a.attrelid in (select noise.oid from noise)
) o
union all
select 'attrdef', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(d.xmin))
from pg_catalog.pg_attrdef d
where d.adrelid >= 16384 and d.adrelid not in (select noise.oid from noise)
union all
select 'description', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(t.xmin))
from pg_catalog.pg_description t
where t.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and t.objoid >= 16384
  and t.objoid not in (select noise.oid from noise)
union all
select 'index', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(i.xmin))
from pg_catalog.pg_index i
where i.indrelid >= 16384 and i.indrelid not in (select noise.oid from noise)
union all
select 'rewrite', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(r.xmin))
from pg_catalog.pg_rewrite r
where r.ev_class >= 16384 and r.ev_class not in (select noise.oid from noise)
union all
select 'constraint', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(k.xmin))
from pg_catalog.pg_constraint k
where k.oid >= 16384 and k.connamespace not in (select noisy.oid from noisy)
union all
select 'type', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(y.xmin))
from pg_catalog.pg_type y
where y.oid >= 16384 and y.typnamespace not in (select noisy.oid from noisy)
union all
select 'proc', pg_catalog.count(*),
       pg_catalog.count(*) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(pg_catalog.age(p.xmin))
from pg_catalog.pg_proc p
where p.oid >= 16384 and p.pronamespace not in (select noisy.oid from noisy)
