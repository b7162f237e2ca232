//! GraphQL: two schemas, SDL or introspection. What fails for old clients fails the other way round for new ones.

#![no_main]

use tessera_fuzz::Mirror;
use tessera_model::contract::SchemaFormat;

libfuzzer_sys::fuzz_target!(|data: &[u8]| tessera_fuzz::pair(SchemaFormat::GraphQl, data, Mirror::Yes));
