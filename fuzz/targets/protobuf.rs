//! Protobuf: any text is a schema or is refused with a reason, and a schema does not differ from itself.

#![no_main]

use serde_json::json;
use tessera_diff::{Options, diff};
use tessera_model::Compatibility;
use tessera_model::contract::SchemaFormat;
use tessera_model::mode::Mode;

const OTHER: &str = "syntax = \"proto3\"; message M { string a = 1; E e = 2; enum E { A = 0; B = 1; } map<string, M> m = 3; }";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let ask = |old: &str, new: &str| {
        let mode = Compatibility::new(Mode::Full);
        diff(SchemaFormat::Protobuf, &json!(old), &json!(new), mode, &Options::default())
    };
    let (there, back) = (ask(text, OTHER), ask(OTHER, text));
    assert_eq!(there.is_ok(), back.is_ok(), "{text}");
    if let Ok(own) = ask(text, text) {
        assert!(own.changes.is_empty(), "{text}: {:?}", own.changes);
    }
});
