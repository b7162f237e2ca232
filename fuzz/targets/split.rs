//! Splitting: statements come in the order of the text.

#![no_main]

use tessera_sql::{Limits, starts};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((dialect, text)) = tessera_fuzz::input(data) else { return };
    let starts = starts(text, dialect, &Limits::default());
    assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{dialect}: {text}");
});
