//! The proposal state machine, acknowledgement rules and policies. Pure: commands and the time go in, a new proposal and
//! events come out. The store commits both together; nothing here knows how.
//!
//! The law this crate keeps (property-tested): **no path publishes a breaking change without every required answer or an
//! audited override.**

pub mod proposal;

pub use proposal::{
    Acknowledgement, Override, OverrideKind, Proposal, ProposalOrigin, ProposalStatus, Requirement, Response,
};
