-- Everything that shapes derive from, in a stable order: its hash is the probe. The tables of ANALYZE are no shapes.
select type, name, tbl_name, coalesce(sql, '') as sql
from sqlite_schema
where name not glob 'sqlite_stat*'
order by type, name
