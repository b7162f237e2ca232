//! PostgreSQL as a warehouse: pg_catalog by COPY.
