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

#[test]
fn spans_are_read_and_zero_is_refused() {
    #[derive(Deserialize)]
    struct S {
        #[serde(default, deserialize_with = "span")]
        t: Option<std::time::Duration>,
    }
    let cases = [
        (json!({"t": 30}), Some(30_000)),
        (json!({"t": "500ms"}), Some(500)),
        (json!({"t": "5m"}), Some(300_000)),
        (json!({"t": "24h"}), Some(86_400_000)),
        (json!({"t": 0}), None),
        (json!({"t": "25h"}), None),
        (json!({"t": "soon"}), None),
        (json!({"t": "18446744073709551615h"}), None),
        (json!({"t": -1}), None),
    ];
    for (value, expected) in cases {
        let read = serde_json::from_value::<S>(value.clone()).ok().and_then(|s| s.t).map(|d| d.as_millis());
        assert_eq!(read, expected, "{value}");
    }
    assert_eq!(serde_json::from_value::<S>(json!({})).unwrap().t, None);
}
