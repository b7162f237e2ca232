//! SQL text -> statements in our own flat IR, by guarded parsing. Pure.
