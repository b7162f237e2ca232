-- Who we are to the server, and what the server is.
select pg_catalog.current_database() as database,
       current_user as role,
       pg_catalog.current_setting('server_version_num') as version,
       pg_catalog.current_setting('is_superuser') as superuser,
       pg_catalog.pg_is_in_recovery() as replica
