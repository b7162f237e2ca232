//! Avro: two schemas as text. What fails for old readers fails the other way round for old writers.

#![no_main]

use tessera_fuzz::Mirror;
use tessera_model::contract::SchemaFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_fuzz::pair(SchemaFormat::Avro, data, Mirror::Yes));
