//! OpenAPI: two documents, JSON or YAML.

#![no_main]

use tessera_fuzz::Mirror;
use tessera_model::contract::SchemaFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_fuzz::pair(SchemaFormat::OpenApi, data, Mirror::No));
