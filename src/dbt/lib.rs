//! dbt artifacts (manifest, catalog, run results) as bytes -> Project. Pure.
