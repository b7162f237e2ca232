-- Tables and views; SQLite's own tables and the inner tables of virtual ones ("shadow") are left out.
select l.name, l.type, l.wr as without_rowid, s.sql
from pragma_table_list l
left join sqlite_schema s on s.name = l.name and s.type in ('table', 'view')
where l.schema = 'main' and l.type in ('table', 'view', 'virtual') and substr(l.name, 1, 7) <> 'sqlite_'
order by l.name
