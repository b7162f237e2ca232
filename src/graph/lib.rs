//! Readers and evidence as a column graph: impact, who-uses, coverage. Pure.
//!
//! A [`Graph`] is an immutable picture of who reads which column: dbt nodes and views through their SQL, exposures and
//! registrations through what they declare. Two pictures, before and after a change, tell by re-binding whom the change
//! hits ([`impact`]). Reading order: `input`, `index` (columns as numbers, edges both ways), `graph`, `whatif`; then the
//! questions: `who`, `walk`, `coverage`, and for changes `delta` (one node before and after), `spread` (one change
//! through the graph), `impact`, `effects`, `causes`.

mod causes;
mod consumers;
mod coverage;
mod csr;
mod delta;
mod effects;
mod graph;
mod impact;
mod index;
mod input;
mod judge;
mod reader;
mod spread;
mod walk;
mod whatif;
mod who;

pub use causes::causes;
pub use effects::{Effects, NodeEffect};
pub use graph::Graph;
pub use impact::impact;
pub use input::{ExposureInput, GraphInput, NodeMeta, RegistrationInput};
pub use walk::{Edge, EdgeKind};
pub use who::{WhoStatus, WhoUses};

#[cfg(test)]
mod tests;
