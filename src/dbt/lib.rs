//! dbt artifacts (manifest, catalog, run results) as bytes -> [`Project`]. Callers hand in bytes and get values back;
//! reading files, watching them and unpacking folders is the engine's business.
//!
//! Reading is lenient by design: dbt's published schemas and its real files disagree, and two engines write the same
//! version differently. Unknown keys are ignored, null is a default, one bad node is left out and reported.
//!
//! Reading order: `node`, `project`, `manifest`, `convert`, `guarantees`; then what is asked of a project: `shape`,
//! `coverage`, `owners`, `codeowners`, `selector`.

mod bytes;
pub mod catalog;
pub mod codeowners;
pub mod compare;
mod convert;
pub mod coverage;
pub mod error;
mod fields;
mod guarantees;
mod lenient;
pub mod limits;
mod manifest;
pub mod metadata;
pub mod node;
pub mod owners;
pub mod project;
mod raw;
pub mod run_results;
pub mod selector;
pub mod shape;

pub use catalog::{CatalogArtifact, CatalogColumn, CatalogTable, parse_catalog};
pub use codeowners::CodeOwners;
pub use compare::comparability;
pub use coverage::{coverage, explain_uncompiled, has_compiled_sql, uncompiled_cause};
pub use error::ArtifactError;
pub use limits::Limits;
pub use manifest::parse_manifest;
pub use metadata::{ArtifactKind, Peek, peek, peek_whole};
pub use node::{Constraint, DeclaredColumn, Node, ResourceType, TestRef};
pub use owners::{OwnerHint, column_owner_hint, exposure_owner_hints, owner_hints};
pub use project::{Engine, Exposure, Group, Owner, Project};
pub use run_results::{RunResult, RunResults, RunStatus, parse_run_results};
pub use selector::{SelectError, Selector, select};
pub use shape::{Freshness, catalog_freshness, shape};

#[cfg(test)]
mod tests;
