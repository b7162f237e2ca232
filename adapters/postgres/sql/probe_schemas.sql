-- One row per schema in scope: how many relations (indexes and sequences too), the sum of the transactions that wrote
-- their catalog rows, the newest relation, and how many relations the role may not SELECT.
--
-- Why counts and sums are enough: whatever is written later carries a larger transaction number than whatever it
-- replaces, so between two states with the same number of rows the sum can only have grown.
-- age() counts back from one number that stands still within a transaction; n * age('3') - sum(age) takes it out again.
-- Privileges depend on owner and ACL only, so one relation of each (owner, ACL) answers for all of them.
select g.relnamespace as schema,
       pg_catalog.sum(g.n) as relations,
       pg_catalog.sum(g.n) * pg_catalog.age('3'::pg_catalog.xid) - pg_catalog.sum(g.ages) as written,
       pg_catalog.max(g.newest) as newest,
       coalesce(pg_catalog.sum(g.n) filter (where g.reported and not pg_catalog.has_table_privilege(g.one, 'SELECT')), 0)
           as unreadable
from (
    select c.relnamespace,
           c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition as reported,
           c.relowner,
           c.relacl::pg_catalog.text as acl,
           pg_catalog.count(*) as n,
           pg_catalog.sum(pg_catalog.age(c.xmin)) as ages,
           pg_catalog.min(c.oid) as one,
           pg_catalog.max(c.oid) as newest
    from pg_catalog.pg_class c
    where c.relnamespace in (select pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('tessera.scope'), ',')::pg_catalog.oid[]))
    group by 1, 2, 3, 4
) g
group by g.relnamespace
