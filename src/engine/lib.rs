//! The use cases and the daemon's loops.
