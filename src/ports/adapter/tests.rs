//! Messages for wrong settings are read by people at the worst moment: they are pinned here.

use super::*;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(rename = "host")]
    _host: String,
    #[serde(default, rename = "port")]
    _port: u16,
}

#[test]
fn wrong_settings_are_named_and_mended() {
    let cases = [
        (json!({"hots": "x"}), "warehouse \"w\": unknown key `hots`; did you mean `host`?"),
        (json!({"host": "x", "zzz": 1}), "warehouse \"w\": unknown key `zzz`; the keys are host, port"),
        (json!({"host": "x", "port": "y"}), "warehouse \"w\": `port`: invalid type: string \"y\", expected u16"),
        (json!({"port": 1}), "warehouse \"w\": missing field `host`"),
    ];
    for (value, expected) in cases {
        let error = read_settings::<Sample>("warehouse \"w\"", &value).unwrap_err();
        assert_eq!(error.message, expected);
    }
    assert!(read_settings::<Sample>("w", &json!({"host": "x"})).is_ok());
}
