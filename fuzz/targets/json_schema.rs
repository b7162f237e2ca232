//! JSON Schema: two schemas of any draft. What fails for old readers fails the other way round for old writers, but for
//! names that disappear, which only readers miss.

#![no_main]

use tessera_fuzz::Mirror;
use tessera_model::contract::SchemaFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_fuzz::pair(SchemaFormat::JsonSchema, data, Mirror::Shown));
