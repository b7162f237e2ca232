//! Tests of the crate, mostly data: see `fixtures/dbt` and `fixtures/broken`.

mod broken;
mod codeowners;
mod compare;
mod corpora;
mod ephemeral;
mod guarantees;
mod laws;
mod owners;
mod selectors;
mod shapes;
mod snapshots;
mod support;
