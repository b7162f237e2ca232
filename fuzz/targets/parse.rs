//! Parsing: whatever is not read is said.

#![no_main]

use tessera_sql::{Limits, Parsed, on_wide_stack, parse};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((dialect, text)) = tessera_fuzz::input(data) else { return };
    let script = on_wide_stack(|| parse(text, dialect, &Limits::default()));
    let lost = script.statements.iter().filter(|p| matches!(p, Parsed::Tables(_))).count();
    assert!(script.diagnostics.len() >= lost, "{dialect}: {text}");
    script.mentions();
});
