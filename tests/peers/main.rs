//! Our verdicts against what other implementations do with values, queries and documents: where we say that one side
//! copes with the other, nothing made under the one may be refused under the other. A normal run takes a small slice;
//! `TESSERA_PEERS=100000` takes that many of each kind, `TESSERA_PEERS_SEED` another course.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "figures of a run")]

mod avro;
mod graphql;
mod openapi;
