//! Cases as data: every line of `fixtures/diff/*.jsonl` is a `--batch` line with what is expected of it.
