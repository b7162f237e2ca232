//! Configuration: right ones, wrong ones with the place and the mend, the environment, profiles.

use super::*;
use serde_json::json;

fn none() -> impl Iterator<Item = (String, String)> {
    std::iter::empty()
}

fn error(text: &str) -> String {
    match parse(text, "tessera.toml", none()) {
        Err(e) => format!("{e:#}"),
        Ok((settings, _)) => format!("{:#}", validate(&settings).unwrap_err()),
    }
}

#[test]
fn the_example_holds_every_key_and_its_defaults_are_the_defaults() {
    let text = include_str!("../../../config.example.toml");
    let (example, _) = parse(text, "config.example.toml", none()).unwrap();
    validate(&example).unwrap();
    // Every key, commented or not: a key that exists in the code and not in the file fails here.
    let shown = text.replace("# ", "").replace('#', "");
    let keys = |v: serde_json::Value| -> Vec<String> { v.as_object().unwrap().keys().cloned().collect() };
    let defaults = Settings::default();
    let sections = [
        ("store", json!(defaults.store)),
        ("server", json!(defaults.server)),
        ("log", json!(defaults.log)),
        ("ownership", json!(defaults.ownership)),
        ("check", json!(defaults.check)),
        ("diff", json!(defaults.diff)),
        ("drift", json!(defaults.drift)),
        ("proposals", json!(defaults.proposals)),
        ("delivery", json!(defaults.delivery)),
        ("dbt", json!(example.dbt[0])),
        ("team", json!(example.team[0])),
        (
            "warehouse",
            json!({"name": 1, "kind": 1, "cron": 1, "timezone": 1, "jitter_seconds": 1, "environment": 1, "track": 1, "full_scan_hours": 1}),
        ),
        ("notify", json!({"name": 1, "kind": 1, "default_target": 1})),
    ];
    for (section, value) in sections {
        assert!(shown.contains(&format!("[{section}]")), "[{section}] is missing from config.example.toml");
        for key in keys(value) {
            let found = shown.lines().any(|l| {
                l.trim_start().starts_with(&format!("{key} =")) || l.trim_start().starts_with(&format!("{key}."))
            });
            assert!(found, "config.example.toml does not show [{section}] {key}");
        }
    }
    assert_eq!(json!(example.delivery), json!(defaults.delivery));
    assert_eq!(json!(example.drift), json!(defaults.drift));
    assert_eq!(json!(example.check), json!(defaults.check));
    assert_eq!(json!(example.proposals), json!(defaults.proposals));
    assert_eq!(json!(example.log), json!(defaults.log));
}

#[test]
fn wrong_configurations_say_where_and_how_to_mend() {
    let cases = [
        ("[servr]\nlisten = \"x\"", vec!["tessera.toml:1:2", "did you mean `server`"]),
        ("[server]\nlisten = 5", vec!["tessera.toml:2:10", "string"]),
        ("[server]\nlistn = \"x\"", vec![":2:1", "did you mean `listen`"]),
        ("[[warehouse]]\nname = \"w\"\nkind = \"postgres\"\ncron = \"whenever\"", vec!["*/15"]),
        (
            "[[warehouse]]\nname = \"w\"\nkind = \"postgres\"\ncron = \"0 0 * * * *\"\ntimezone = \"Berlin\"",
            vec!["Europe/Berlin"],
        ),
        ("[[dbt]]\nname = \"a\"\npath = \"x\"\n[[dbt]]\nname = \"A\"\npath = \"y\"", vec!["twice"]),
        ("[[dbt]]\nname = \"a\"", vec!["missing field `path`"]),
        ("[check]\non_no_reader = \"explode\"", vec!["notify", "block"]),
        ("[check]\ncompatibility = \"sideways\"", vec!["backward"]),
        ("[drift]\nvanish_percent = 200.0", vec!["between 0 and 100"]),
        ("[server]\nlisten = \"localhost\"", vec!["127.0.0.1:8010"]),
        ("not toml", vec!["tessera.toml:1"]),
    ];
    for (text, parts) in cases {
        let message = error(text);
        for part in parts {
            assert!(message.contains(part), "{text:?} -> {message}");
        }
    }
}

#[test]
fn the_environment_overrides_single_keys() {
    let text = "[[warehouse]]\nname = \"w\"\nkind = \"sqlite\"\npath = \"a.db\"";
    let env = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>().into_iter()
    };
    let (settings, names) = parse(
        text,
        "t",
        env(&[
            ("TESSERA__SERVER__LISTEN", "0.0.0.0:1"),
            ("TESSERA__WAREHOUSE__0__CRON", "0 0 * * * *"),
            ("TESSERA__SERVER__AUTH", "false"),
        ]),
    )
    .unwrap();
    assert_eq!(settings.server.listen, "0.0.0.0:1");
    assert!(!settings.server.auth);
    assert_eq!(settings.warehouse[0].cron.as_deref(), Some("0 0 * * * *"));
    assert_eq!(names.len(), 3);
    let wrong = parse(text, "t", env(&[("TESSERA__SERVER__LISTN", "x")])).unwrap_err();
    assert!(format!("{wrong:#}").contains("did you mean `listen`"), "{wrong:#}");
    assert!(
        format!("{:#}", parse(text, "t", env(&[("TESSERA__WAREHOUSE__CRON", "x")])).unwrap_err()).contains("__0__")
    );
}

#[test]
fn profiles_are_rendered_with_env_var_and_nothing_else() {
    let yaml = r#"
shop:
  target: "{{ env_var('T', 'dev') }}"
  outputs:
    dev: {type: postgres, host: h, port: "{{ env_var('PORT', '5432') | int }}", password: "{{ env_var('PW') }}", threads: 4}
    odd: {type: postgres, host: "{{ run_query('x') }}"}
    block: {type: postgres, host: "{% if true %}x{% endif %}"}
"#;
    let profiles: serde_json::Value = serde_norway::from_str(yaml).unwrap();
    let env = |name: &str| (name == "PW").then(|| "s3cret".to_owned());
    let dev = profile_output(&profiles, "shop", None, &env).unwrap();
    assert_eq!((&dev["port"], &dev["password"]), (&json!(5432), &json!("s3cret")));
    let fails = |profile: &str, target: &str, env: &dyn Fn(&str) -> Option<String>| {
        format!("{:#}", profile_output(&profiles, profile, Some(target), env).unwrap_err())
    };
    assert!(fails("shop", "dev", &|_| None).contains("`PW` is not set"));
    assert!(fails("shop", "odd", &env).contains("only env_var"));
    assert!(fails("shop", "block", &env).contains("no Jinja blocks"));
    assert!(fails("shop", "prod", &env).contains("dev, odd, block"));
    assert!(fails("shp", "dev", &env).contains("it has shop"));
}
