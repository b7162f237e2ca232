//! Tests of this adapter: the conformance kit on real files, and what is peculiar to files.

mod conformance;
mod files;
mod settings;
