//! The public Python SDK, unmodified, against `tessera serve`: the scripts of tests/sdk.

use std::path::PathBuf;
use std::process::Command;
use tessera_tests::orchard::root;
use tessera_tests::{World, binary, say};

/// Names the Python that has `tessera_sdk`; `tests/run` prepares one.
const VARIABLE: &str = "TESSERA_TEST_PYTHON";

fn python() -> Option<PathBuf> {
    let given = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let python = given.unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import tessera_sdk"]).output().is_ok_and(|o| o.status.success());
    if !has {
        say::skipped("the Python SDK's walk", &format!("{} has no tessera_sdk: set {VARIABLE}", python.display()));
    }
    has.then_some(python)
}

fn walk(python: &PathBuf, url: &str, key: Option<&str>) -> binary::Ran {
    let mut command = Command::new(python);
    command.arg(root().join("tests/sdk/walk.py")).env("TESSERA_URL", format!("{url}/sdk")).env_remove("TESSERA_KEY");
    if let Some(key) = key {
        command.env("TESSERA_KEY", key);
    }
    binary::run(&mut command)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_works_without_and_with_keys() {
    let Some(python) = python() else { return };
    let open = World::new().start().await;
    let ran = walk(&python, &open.url(), None).exits(0);
    assert!(!ran.out.trim().is_empty(), "the walk says what it did: {ran}");
    // Names are random: the same walk again, against what it left behind.
    walk(&python, &open.url(), None).exits(0);

    let mut world = World::new();
    world.auth = true;
    let closed = world.start().await;
    let refused = walk(&python, &closed.url(), None);
    assert_ne!(refused.exit, Some(0), "without a key nothing goes: {refused}");
    let key = closed.tessera(&["keys", "create", "--name", "sdk", "--scope", "admin"]).exits(0);
    walk(&python, &closed.url(), Some(key.out.trim())).exits(0);
}
