//! What every test over the whole needs: one world (folder, port, database, fake Slack) per test, and the real binary in it.

pub mod api;
pub mod binary;
pub mod daemon;
pub mod fake_slack;
pub mod orchard;
pub mod postgres;
pub mod say;
pub mod webhook_sink;

pub use api::Api;
pub use binary::{Ran, tessera};
pub use daemon::{TestDaemon, World};
