//! Conformance kits: what every implementation of a port must pass against its real engine.

pub mod postgres;
pub mod store;
pub mod warehouse;
