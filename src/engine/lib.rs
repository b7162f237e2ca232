//! The use cases, and the daemon's loops around them. Everything here loads state through `ports`, decides with the pure
//! crates, and hands one `Batch` to the store. HTTP, the command line and messages call these methods and add nothing.
//!
//! Reading order: `settings`, `requests`, `engine`; the use cases `people`, `assets`, `publish`, `impact`, `consumers`,
//! `proposals`, `objections`, `ingest`, `scan`, `drift`, `check`; what they share: `world`, `snapshot`, `shape`, `ownership`,
//! `notices`, `quarantine`; and the loops: `watch`, `schedule`, `deliver`, `daemon`.

pub mod assets;
pub mod check;
pub mod consumers;
pub mod daemon;
pub mod deliver;
pub mod drift;
pub mod engine;
pub mod error;
pub mod impact;
pub mod ingest;
pub mod keys;
pub mod metrics;
pub mod notices;
pub mod objections;
pub mod ownership;
pub mod people;
pub mod proposals;
pub mod propose;
pub mod publish;
mod quarantine;
pub mod queries;
mod renames;
pub mod requests;
mod retained;
pub mod retarget;
pub mod scan;
pub mod schedule;
pub mod settings;
pub mod shape;
pub mod snapshot;
pub mod watch;
pub mod world;

pub use engine::Engine;
pub use error::{EngineError, ErrorKind, Result};
pub use requests::*;
pub use settings::Settings;
