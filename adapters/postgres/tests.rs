//! Tests of this adapter; those against a real server run the conformance kit of `tessera-ports`.
