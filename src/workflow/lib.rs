//! The proposal state machine, acknowledgement rules and policies. Pure.
