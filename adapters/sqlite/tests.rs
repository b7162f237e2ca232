//! Tests of this adapter: the conformance kit of `tessera-ports` on real files, and what is peculiar to files.
