//! The real binary, end to end: one module for each promise of the product. Each test has a world of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod cli;
mod common;
mod cross_project;
mod demo;
mod diff;
mod oracle;
mod scan;
mod sdk;
mod watch;
mod workflow;
