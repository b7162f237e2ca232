//! The conformance kit on both engines, and what belongs to one engine or to this crate alone.

mod audit;
mod copy;
mod crash;
mod migrations;
mod postgres;
mod sqlite;
mod urls;
