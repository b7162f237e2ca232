//! What a test must say aloud: that it is skipped, and with what numbers it ended.

#![expect(clippy::print_stderr, reason = "a skipped test must be seen, and a long one says what it did")]

/// Set to 1 by `tests/run`: what is missing then is a failure, not a skip.
const REQUIRE: &str = "TESSERA_REQUIRE_POSTGRES";

pub fn line(text: &str) {
    eprintln!("{text}");
}

/// Says that a test did not run, or fails where everything it needs is promised.
pub fn skipped(what: &str, why: &str) {
    assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{what} cannot run although {REQUIRE}=1: {why}");
    line(&format!("SKIPPED: {what}: {why}"));
}
