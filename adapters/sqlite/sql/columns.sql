-- The columns of every relation at once.
select l.name as relation, x.name, x.type, x."notnull" as not_null, x.dflt_value, x.pk, x.hidden
from pragma_table_list l
join pragma_table_xinfo(l.name, 'main') x
where l.schema = 'main' and l.type in ('table', 'view', 'virtual') and substr(l.name, 1, 7) <> 'sqlite_'
order by l.name, x.cid
