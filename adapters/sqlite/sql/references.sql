-- Foreign keys; `to` is null where the parent's primary key is meant.
select l.name as relation, f.id, f."table" as parent, f."from" as child_column, f."to" as parent_column
from pragma_table_list l
join pragma_foreign_key_list(l.name, 'main') f
where l.schema = 'main' and l.type = 'table' and substr(l.name, 1, 7) <> 'sqlite_'
order by l.name, f.id, f.seq
