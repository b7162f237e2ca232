-- Unique keys by their indexes; partial ones promise nothing, an expression has no column name.
select l.name as relation, i.name as key, i.origin, c.name
from pragma_table_list l
join pragma_index_list(l.name, 'main') i
join pragma_index_info(i.name, 'main') c
where l.schema = 'main' and l.type = 'table' and i."unique" and not i.partial and substr(l.name, 1, 7) <> 'sqlite_'
order by l.name, i.name, c.seqno
