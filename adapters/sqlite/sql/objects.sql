-- Everything that shapes derive from, in a stable order: its hash is the probe.
select type, name, tbl_name, coalesce(sql, '') as sql
from sqlite_schema
order by type, name
