//! Conformance kits: what every implementation of a port must pass against its real engine.
