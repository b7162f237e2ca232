//! Tests of this adapter. Those against a real server need PostgreSQL's programs, or `TESSERA_TEST_POSTGRES`.

mod conformance;
mod copy;
mod server;
mod settings;
mod tls;
