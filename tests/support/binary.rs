//! The real `tessera` binary: where it is, and how a test runs one command of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names the binary to test instead of the one beside the test's own executable.
pub const VARIABLE: &str = "TESSERA_BIN";

/// The binary under test. It is not built by the test: `tests/run` and CI build the workspace first.
pub fn path() -> PathBuf {
    if let Some(given) = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
        return PathBuf::from(given);
    }
    let own = std::env::current_exe().expect("a process knows its executable");
    // target/<profile>/deps/<test> -> target/<profile>/tessera
    let beside = own.parent().and_then(Path::parent).expect("a test's executable lies in deps/").join("tessera");
    assert!(beside.exists(), "{} is not there: run `cargo build` first, or set {VARIABLE}", beside.display());
    beside
}

/// A command that knows nothing of the machine's own Tessera or dbt.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(path());
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("TESSERA") || text.starts_with("DBT_") {
            command.env_remove(&name);
        }
    }
    command.env("NO_COLOR", "1").env("HOME", folder).env("XDG_CONFIG_HOME", folder.join(".config"));
    command
}

/// What one run of the binary left behind.
#[derive(Debug)]
pub struct Ran {
    pub exit: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("standard output is no JSON ({e}):\n{self}"))
    }

    /// Fails with everything that was said, unless the exit code is this one.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit, Some(code), "another exit code was expected:\n{self}");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n--- standard output\n{}\n--- standard error\n{}", self.exit, self.out, self.err)
    }
}

/// Runs `tessera` with these arguments in a folder.
pub fn tessera<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Ran {
    run(command(folder).args(args))
}

/// Runs a prepared command to its end.
pub fn run(command: &mut Command) -> Ran {
    let begun = Instant::now();
    let output = command.output().unwrap_or_else(|e| panic!("{command:?} does not start: {e}"));
    Ran {
        exit: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: begun.elapsed(),
    }
}
