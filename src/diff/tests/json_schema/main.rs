//! JSON Schema against an independent validator: random schema pairs and documents (`oracle`), laws (`laws`), hostile
//! input (`bombs`). Small in a normal run; docs/measurements.md says how to run all of it.

#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test fails by panicking")]

mod bombs;
mod documents;
mod edits;
mod laws;
mod oracle;
mod random;
mod schemas;
