//! The proposal state machine, acknowledgement rules and policies. Pure: commands and the time go in, a new proposal and
//! events come out. The store commits both together; nothing here knows how. Reading order: `proposal` (the state),
//! `policy`, `requirements` (who must answer), `opening`, `machine` (every later step), `rebase`, `silence`; then what
//! comes out: `event`, `refusal`.
//!
//! The law this crate keeps (property-tested): **no path publishes a breaking change without every required answer or an
//! audited override.**

mod event;
mod machine;
mod opening;
mod policy;
pub mod proposal;
mod rebase;
mod refusal;
mod requirements;
mod silence;

pub use event::{Event, Transition};
pub use machine::{Command, Context, apply};
pub use opening::{Opening, open};
pub use policy::{OnDeadline, Policy, UnownedReaders};
pub use proposal::{
    Acknowledgement, Override, OverrideKind, Proposal, ProposalOrigin, ProposalStatus, Requirement, Response,
};
pub use refusal::Refusal;
pub use requirements::{requirements, unasked_readers};

#[cfg(test)]
mod tests;
