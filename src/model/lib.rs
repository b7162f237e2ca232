//! The words of the product. Every other crate speaks in these types, so they live alone, know no I/O, no clock and no
//! randomness, and change rarely. Reading order: `dialect`, `name`, `types`, `table`, `lineage`, `change`, `mode`,
//! `reader`, `report`; then the people and records: `ids`, `team`, `asset`, `contract`, `actor`, `finding`.

pub mod actor;
pub mod asset;
pub mod change;
pub mod contract;
pub mod dialect;
pub mod finding;
pub mod fingerprint;
pub mod ids;
pub mod lineage;
pub mod mode;
pub mod name;
pub mod reader;
pub mod report;
pub mod semver;
pub mod table;
pub mod team;
pub mod types;

pub use actor::{Actor, ActorKind};
pub use change::{Change, ChangeKind, Judgment, SourceRule};
pub use dialect::Dialect;
pub use finding::{Finding, Severity};
pub use fingerprint::Fingerprint;
pub use mode::{Compatibility, Mode};
pub use name::{Ident, TableKey, TableName};
pub use reader::{Effect, Evidence, EvidenceSource, Reader, ReaderKind, UseKind};
pub use report::{Coverage, Verdict};
pub use table::{Column, TableSchema};
pub use types::LogicalType;
