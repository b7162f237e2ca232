-- The columns of one relation: used when columns.sql fails because of another one.
select ?1 as relation, x.name, x.type, x."notnull" as not_null, x.dflt_value, x.pk, x.hidden
from pragma_table_xinfo(?1, 'main') x
order by x.cid
