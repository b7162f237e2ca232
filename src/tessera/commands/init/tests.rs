//! Real dbt projects of the fixtures, and awkward ones made here; what is written must always load.

use super::*;
use std::fs;

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn args(dbt: &Path, output: &Path, profiles: Option<&Path>) -> InitArgs {
    InitArgs {
        dbt_dir: dbt.to_owned(),
        profiles_dir: profiles.map(Path::to_owned),
        output: output.to_owned(),
        force: false,
    }
}

/// Text, settings, and what is said.
fn written(args: &InitArgs) -> (String, tessera_engine::Settings, String) {
    let found = find(args, &["postgres", "sqlite"]).unwrap();
    let text = write::config(&found, &base_of(&args.output));
    let (settings, _) =
        config::parse(&text, "tessera.toml", std::iter::empty()).unwrap_or_else(|e| panic!("{e:#}\n{text}"));
    config::validate(&settings).unwrap_or_else(|e| panic!("{e:#}\n{text}"));
    (text, settings, tell(&found, &args.output))
}

#[test]
fn orchard_becomes_a_configuration_with_its_groups_as_teams() {
    let dir = repository(&[]);
    let project = fixture("dbt/orchard/v1/project");
    let (text, settings, said) = written(&args(&project, &dir.path().join("tessera.toml"), Some(&project)));
    assert_eq!(settings.dbt[0].name, "orchard");
    assert!(settings.dbt[0].path.ends_with("orchard/v1/project/target"), "{}", settings.dbt[0].path);
    // duckdb has no adapter: the block is a comment, and that is said.
    assert!(settings.warehouse.is_empty());
    assert!(text.contains("# kind = \"duckdb\"") && text.contains("cannot scan duckdb yet"), "{text}");
    assert!(text.contains("Other targets of this profile: pg (postgres)"), "{text}");
    assert!(
        said.contains("cannot scan duckdb yet") && said.contains("dbt compile\n  tessera doctor --config"),
        "{said}"
    );
    let names: Vec<&str> = settings.team.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["finance", "growth", "platform"]);
    let finance = &settings.team[0];
    assert_eq!(finance.slack_channel.as_deref(), Some("#finance-data"));
    assert!(finance.aliases.contains(&"Finance Analytics".to_owned()));
    assert!(!text.contains("password"), "{text}");
}

const PROFILES: &str = r#"
shop:
  target: "{{ env_var('NO_SUCH_VARIABLE_HERE', 'prod') }}"
  outputs:
    prod: {type: postgres, host: db, user: "{{ env_var('UNSET_USER') }}", password: "s3cret-in-the-file", dbname: shop, schema: x}
    dev: {type: duckdb, path: a.db}
"#;

#[test]
fn a_scannable_warehouse_is_named_by_profile_and_no_secret_is_copied() {
    let dir = repository(&[
        (
            "dbt/dbt_project.yml",
            "name: shop\nprofile: shop\ntarget-path: build\nmodel-paths: [m, '{{ var(\"x\") }}']\n",
        ),
        ("dbt/profiles.yml", PROFILES),
        (
            "dbt/m/a/groups.yml",
            "groups:\n- name: Finance\n  owner: {name: Finance Analytics, email: [f@x.io, g@x.io], slack: '#fin'}\n- name: '@bad'\n- name: finance\n",
        ),
        (
            "dbt/m/exposures.yaml",
            "exposures:\n- name: e\n  owner: {name: Fin Team, email: f@x.io}\n- name: d\n  owner: {email: solo@x.io}\nmodels:\n- name: m\n  config: {meta: {owner: Growth}}\n",
        ),
        ("dbt/m/broken.yml", "models:\n  - name: {{ jinja }}\n"),
        (".github/CODEOWNERS", "# who\n/dbt/m/a/ @org/Finance\n* @org/everyone f@x.io # all\n"),
        (".git/HEAD", ""),
    ]);
    let output = dir.path().join("tessera.toml");
    let (text, settings, said) = written(&args(&dir.path().join("dbt"), &output, None));
    assert_eq!(settings.dbt[0].path, "dbt/build");
    assert_eq!(settings.dbt[0].codeowners.as_deref(), Some(".github/CODEOWNERS"));
    let warehouse = &settings.warehouse[0];
    assert_eq!((warehouse.name.as_str(), warehouse.kind.as_str()), ("shop-prod", "postgres"));
    assert_eq!(warehouse.adapter["dbt_profile"], "shop");
    assert_eq!(warehouse.adapter["dbt_target"], "prod");
    assert_eq!(warehouse.adapter["profiles_dir"], "dbt");
    assert!(!text.contains("s3cret") && !said.contains("s3cret"));
    assert_eq!(settings.team.len(), 1);
    let finance = &settings.team[0];
    assert_eq!(finance.aliases, ["Finance Analytics", "Fin Team"]);
    assert_eq!((finance.email.as_deref(), finance.slack_channel.as_deref()), (Some("f@x.io"), Some("#fin")));
    assert!(text.contains("\"Growth\", \"solo@x.io\""), "{text}");
    assert_eq!(settings.ownership.codeowners.get("@org/Finance").map(String::as_str), Some("Finance"));
    assert_eq!(settings.ownership.codeowners.get("f@x.io").map(String::as_str), Some("Finance"));
    assert!(text.contains("# \"@org/everyone\" = \"team\""), "{text}");
    for part in ["broken.yml was passed over", "group passed over", "`model-paths` is Jinja", "none yet in"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn without_profile_groups_or_manifest_it_still_writes_a_file_that_loads() {
    let dir =
        repository(&[("dbt_project.yml", "name: \"odd \\\" name\"\nprofile: gone\n"), ("profiles.yml", "other: {}\n")]);
    let (text, settings, said) = written(&args(dir.path(), &dir.path().join("tessera.toml"), None));
    assert_eq!(settings.dbt[0].name, "odd \" name");
    assert_eq!(settings.dbt[0].path, "target");
    assert!(settings.team.is_empty() && settings.warehouse.is_empty());
    assert!(text.contains("# No warehouse: profiles.yml has no profile `gone`"), "{text}");
    assert!(said.contains("nobody can be asked yet"), "{said}");
}

#[test]
fn a_project_that_is_not_there_is_looked_for_below() {
    let dir = repository(&[("a/b/dbt_project.yml", "name: x\n")]);
    let error = format!("{:#}", find(&args(dir.path(), Path::new("t.toml"), None), &[]).unwrap_err());
    assert!(error.contains("--dbt-dir") && error.contains("a/b"), "{error}");
    for (text, part) in [("profile: x\n", "`name` is missing"), ("name: [\n", "dbt_project.yml")] {
        let dir = repository(&[("dbt_project.yml", text)]);
        let error = format!("{:#}", find(&args(dir.path(), Path::new("t.toml"), None), &[]).unwrap_err());
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_compiled_manifest_leads_to_serve_and_an_existing_file_is_kept() {
    let dir = repository(&[("dbt_project.yml", "name: orchard\n")]);
    fs::create_dir(dir.path().join("target")).unwrap();
    fs::copy(fixture("dbt/orchard/v1/pg/manifest.json.gz"), dir.path().join("target/manifest.json.gz")).unwrap();
    let output = dir.path().join("tessera.toml");
    let mut args = args(dir.path(), &output, None);
    let (_, _, said) = written(&args);
    assert!(said.contains("models have compiled SQL") && said.contains("tessera serve"), "{said}");
    fs::write(&output, "mine").unwrap();
    let again =
        |force: bool| InitArgs { dbt_dir: args.dbt_dir.clone(), profiles_dir: None, output: output.clone(), force };
    let error = format!("{:#}", run(again(false)).unwrap_err());
    assert!(error.contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(&output).unwrap(), "mine");
    assert_eq!(run(again(true)).unwrap(), 0);
    assert!(fs::read_to_string(&output).unwrap().contains("[[dbt]]"));
    args.output = dir.path().join("gone/tessera.toml");
    let error = format!("{:#}", save(&args.output, "x", false).unwrap_err());
    assert!(error.contains("cannot write"), "{error}");
}

#[test]
fn paths_are_seen_from_the_file() {
    let base = Path::new("/repo/conf");
    for (to, expected) in [
        ("/repo/conf/dbt/target", "dbt/target"),
        ("/repo/dbt/target", "../dbt/target"),
        ("/repo/conf", "."),
        ("/elsewhere/target", "/elsewhere/target"),
    ] {
        assert_eq!(relative(base, Path::new(to)), expected, "{to}");
    }
}

/// An adapter's keys are only known to itself, and it names them when asked for one that does not exist.
#[test]
fn the_example_configuration_shows_every_key_of_every_adapter() {
    let example = include_str!("../../../../config.example.toml").replace("# ", "");
    let nonsense = serde_json::json!({"zzzzqqqq": 1});
    let mut messages = Vec::new();
    for spec in wiring::warehouse_specs() {
        messages.push((spec.kind, (spec.build)("x", &nonsense).map(drop).unwrap_err().to_string()));
    }
    for spec in wiring::notifier_specs() {
        messages.push((spec.kind, (spec.build)("x", &nonsense).map(drop).unwrap_err().to_string()));
    }
    assert!(messages.len() >= 4);
    for (kind, message) in messages {
        let (_, keys) = message.split_once("the keys are ").unwrap_or_else(|| panic!("{kind}: {message}"));
        for key in keys.split(", ") {
            let shown = example.lines().any(|l| l.trim_start().starts_with(&format!("{key} =")));
            assert!(shown, "config.example.toml does not show `{key}` of {kind}");
        }
    }
}
