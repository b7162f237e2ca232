-- The least that Tessera needs in PostgreSQL, for an administrator. Replace the names.
--
-- Reading the catalog needs CONNECT only: pg_catalog shows every object to every role. USAGE and SELECT are not used to
-- read data. They are watched: when one of them is revoked the next scan is "suspect" and reports no drops.

create role tessera login password 'change me' connection limit 4;
alter role tessera set default_transaction_read_only = on;

grant connect on database analytics to tessera;

-- For each schema in scope:
grant usage on schema marts to tessera;
grant select on all tables in schema marts to tessera;
alter default privileges for role dbt in schema marts grant select on tables to tessera;
