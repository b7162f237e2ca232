//! Laws, hostile input, and the published suite; single cases live in fixtures/diff/protobuf.jsonl.
