//! Settings as people write them, rightly and wrongly; and dbt's profiles.

use crate::register;
use crate::settings::Settings;
use serde_json::json;

#[test]
fn wrong_settings_say_what_to_do() {
    let cases = [
        (json!({"hots": "x"}), "unknown key `hots`; did you mean `host`?"),
        (
            json!({"host": "h", "user": "u"}),
            "`database` is missing: set `database`, or `url = \"postgres://user@host:5432/database\"`",
        ),
        (json!({"host": "h", "user": "u", "database": ""}), "`database` is missing"),
        (json!({"url": "mysql://h/d"}), "`url` starts with `mysql:`, expected `postgres:`"),
        (json!({"url": "postgres://u:p@h/d", "host": "i"}), "`host` is given in `url` and on its own: keep one"),
        (json!({"url": "postgres://u:p@h/d", "password": "q"}), "`password` is given in `url` and on its own"),
        (
            json!({"url": "postgres://u@h/d?target_session_attrs=any"}),
            "the parameter `target_session_attrs`, which is not understood",
        ),
        (json!({"url": "postgres://u@h/d?sslmode=maybe"}), "`sslmode` in `url`: unknown variant `maybe`"),
        (
            json!({"host": "h", "user": "u", "database": "d", "sslmode": "full"}),
            "`sslmode`: unknown variant `full`, expected one of",
        ),
        (
            json!({"host": "h", "user": "u", "database": "d", "sslcert": "c.pem"}),
            "`sslcert` and `sslkey` belong together",
        ),
        (
            json!({"host": "h", "user": "u", "database": "d", "statement_timeout": 0}),
            "`statement_timeout`: expected a time above 0",
        ),
        (
            json!({"host": "h", "user": "u", "database": "d", "password": {"env": "TESSERA_NO_SUCH_VARIABLE"}}),
            "`TESSERA_NO_SUCH_VARIABLE` is not set",
        ),
        (json!({"host": "h", "user": "u", "database": "d", "port": 70000}), "`port`: invalid value: integer `70000`"),
    ];
    for (value, expected) in cases {
        let message = Settings::read("shop", &value).unwrap_err().message;
        assert!(message.contains(expected), "{value}\n{message}");
        assert!(message.starts_with("warehouse \"shop\" (postgres): "), "{message}");
    }
}

#[test]
fn a_url_says_the_same_as_single_keys() {
    let one = json!({"url": "postgresql://u%40x:p%2Fw@db.example:6432/shop?sslmode=verify-full&sslrootcert=ca.pem&connect_timeout=3"});
    let other = json!({"host": "db.example", "port": 6432, "user": "u@x", "password": "p/w", "database": "shop",
        "sslmode": "verify-full", "sslrootcert": "ca.pem", "connect_timeout": "3s"});
    let (one, other) = (Settings::read("w", &one).unwrap(), Settings::read("w", &other).unwrap());
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    assert_eq!(one.password, other.password);
    let socket = Settings::read("w", &json!({"url": "postgres:///d?host=/run/postgresql&user=u"})).unwrap();
    assert_eq!((socket.host.as_str(), socket.is_local()), ("/run/postgresql", true));
    let six = Settings::read("w", &json!({"url": "postgres://u@[::1]:5433/d"})).unwrap();
    assert_eq!((six.host.as_str(), six.port), ("::1", 5433));
}

#[test]
fn a_password_is_never_shown() {
    let settings = json!({"url": "postgres://u:hunter2@127.0.0.1:1/d"});
    let read = Settings::read("w", &settings).unwrap();
    let warehouse = (register().build)("w", &settings).unwrap();
    for text in [format!("{read:?}"), format!("{warehouse:?}"), read.address()] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    for wrong in [
        json!({"url": "postgres://u:hunter2@h:99999/d"}),
        json!({"url": "postgres://u:hunter2@h/d?x=1"}),
        json!({"url": "postgres://u:hunter2@h/d", "password": "hunter2"}),
        json!({"url": "hunter2"}),
    ] {
        let message = Settings::read("w", &wrong).unwrap_err().message;
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn dbt_profiles_become_settings() {
    let from = register().from_dbt_profile;
    let read = from(&json!({
        "type": "postgres", "host": "db", "user": "dbt", "pass": "x", "port": "5433", "dbname": "shop", "schema": "dev",
        "threads": 4, "keepalives_idle": 0, "connect_timeout": 10, "sslmode": "require", "retries": 1, "search_path": "a"
    }))
    .unwrap();
    let expected = json!({"host": "db", "port": 5433, "user": "dbt", "password": "x", "database": "shop",
        "sslmode": "require", "connect_timeout": 10});
    assert_eq!(read, expected);
    assert!((register().build)("w", &read).is_ok());
    // A password of digits comes out of the rendering as a number.
    let digits =
        from(&json!({"type": "postgres", "host": "h", "user": "u", "password": 1234, "database": "d"})).unwrap();
    assert_eq!(digits["password"], "1234");
    for (wrong, expected) in [
        (json!({"type": "snowflake"}), "has type `snowflake`, expected `postgres`"),
        (json!({"type": "postgres", "host": "h", "user": "u"}), "has no `dbname`"),
        (
            json!({"type": "postgres", "host": "h", "user": "u", "dbname": "d", "port": "x"}),
            "`port` is not a whole number",
        ),
        (json!({"type": "postgres", "host": ["h"], "user": "u", "dbname": "d"}), "`host` is not a plain value"),
        (json!("x"), "not a mapping"),
    ] {
        let message = from(&wrong).unwrap_err().message;
        assert!(message.contains(expected), "{message}");
    }
}
