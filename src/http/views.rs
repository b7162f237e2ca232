//! How answers look. Each view is built from the model and says what it shows; the model itself knows nothing of JSON
//! documents for clients. Where the SDK's models need something else, the view's `to_sdk` makes it so.

pub(crate) mod asset;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod contract;
pub(crate) mod dependency;
pub(crate) mod drift;
pub(crate) mod impact;
pub(crate) mod key;
pub(crate) mod lineage;
pub(crate) mod proposal;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod registration;
pub(crate) mod scan;
pub(crate) mod team;
pub(crate) mod waiver;
pub(crate) mod words;

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Metadata is always an object.
pub(crate) fn object(value: &Value) -> Value {
    match value {
        Value::Object(_) => value.clone(),
        Value::Null => Value::Object(Map::new()),
        other => json!({ "value": other }),
    }
}

/// The SDK's models want a UUID where we know of nobody.
pub(crate) fn or_nil(id: &mut Option<Uuid>) {
    id.get_or_insert(Uuid::nil());
}

/// The SDK's models want a schema to be an object; text formats go under one key.
pub(crate) fn schema_object(schema: &mut Value) {
    if !schema.is_object() {
        *schema = json!({ "source": schema.take() });
    }
}

/// `backward_transitive` is unknown to the SDK.
pub(crate) fn plain_mode(mode: &mut String) {
    if let Some(plain) = mode.strip_suffix("_transitive") {
        *mode = plain.to_owned();
    }
}
