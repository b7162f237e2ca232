//! A running `tessera serve` of a test's own: a folder, a configuration, a free port, a log that is shown when the test
//! fails. It can be killed, stopped, started again on the same folder.

use crate::api::Api;
use crate::{binary, say};
use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A debug build on a busy machine needs a while.
const START: Duration = Duration::from_secs(60);

/// What a daemon is started with.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    /// Sections of tessera.toml beside `[store]` and `[server]`.
    pub sections: String,
    /// `sqlite:tessera.db` in the folder, unless the test says otherwise.
    pub store: String,
    pub auth: bool,
    pub replica: Option<String>,
    /// A tracing filter.
    pub log: String,
}

impl Default for World {
    fn default() -> Self {
        let folder = tempfile::Builder::new().prefix("tessera-test-").tempdir().expect("a temporary folder");
        World {
            folder,
            sections: String::new(),
            store: "sqlite:tessera.db".into(),
            auth: false,
            replica: None,
            log: "info".into(),
        }
    }
}

impl World {
    pub fn new() -> Self {
        World::default()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn section(&mut self, toml: &str) {
        self.sections.push_str(toml);
        self.sections.push('\n');
    }

    /// A dbt project to watch, looked at every second.
    pub fn dbt(&mut self, name: &str, target: &Path) {
        self.section(&format!("[[dbt]]\nname = \"{name}\"\npath = \"{}\"\npoll_seconds = 1\n", target.display()));
    }

    /// Writes tessera.toml as it is described now, for a port.
    pub fn write(&self, port: u16) {
        let mut toml = String::new();
        let replica = self.replica.as_ref().map(|r| format!("replica = \"{r}\"\n")).unwrap_or_default();
        // The sections come last: they may end in an open table.
        write!(
            toml,
            "[store]\nurl = \"{}\"\n\n[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\nauth = {}\n{replica}\n[log]\nlevel = \"{}\"\n\n{}",
            self.store, self.auth, self.log, self.sections
        )
        .expect("a text takes text");
        let new = self.path("tessera.toml.new");
        std::fs::write(&new, toml).expect("the configuration can be written");
        std::fs::rename(&new, self.path("tessera.toml")).expect("the configuration can be put in place");
    }

    /// Starts the daemon and waits until it is ready.
    pub async fn start(self) -> TestDaemon {
        let mut daemon = TestDaemon { world: self, api: Api::new(free_port()), child: None };
        daemon.up().await;
        daemon
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound port has an address").port()
}

#[derive(Debug)]
pub struct TestDaemon {
    world: World,
    api: Api,
    child: Option<Child>,
}

impl Deref for TestDaemon {
    type Target = Api;
    fn deref(&self) -> &Api {
        &self.api
    }
}

impl TestDaemon {
    pub fn folder(&self) -> &Path {
        self.world.folder()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.world.path(name)
    }

    /// For writing another configuration; [`World::write`] with [`port`](Self::port) puts it in place.
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// Questions to this daemon, for tasks beside the one that owns it; it survives restarts.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// Sends this key from now on.
    pub fn use_key(&mut self, key: Option<&str>) {
        self.api.use_key(key);
    }

    /// What the daemon has said so far, over all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.world.path("daemon.log")
    }

    /// Starts it (again), on the same folder and, if it can, the same port.
    pub async fn up(&mut self) {
        assert!(self.child.is_none(), "the daemon runs already");
        for _ in 0..5 {
            self.spawn();
            if self.wait_ready().await {
                return;
            }
            // Somebody else has taken the port meanwhile.
            self.api.move_to(free_port());
        }
        panic!("the daemon does not start:\n{}", self.log());
    }

    /// Starts the process and does not wait for it.
    pub fn spawn(&mut self) {
        self.world.write(self.api.port());
        let log = || -> File {
            OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log can be written")
        };
        let child = binary::command(self.world.folder())
            .args(["serve", "--config", "tessera.toml"])
            .env("RUST_BACKTRACE", "1")
            .stdout(Stdio::from(log()))
            .stderr(Stdio::from(log()))
            .spawn()
            .expect("the daemon starts");
        self.child = Some(child);
    }

    /// `false`: it ended because its port was taken.
    async fn wait_ready(&mut self) -> bool {
        let deadline = Instant::now() + START;
        loop {
            if let Some(status) = self.child.as_mut().and_then(|c| c.try_wait().ok().flatten()) {
                self.child = None;
                let log = self.log();
                assert!(log.contains("cannot listen on"), "the daemon ended at once with {status}:\n{}", tail(&log));
                return false;
            }
            if self.api.ready().await {
                return true;
            }
            assert!(
                Instant::now() < deadline,
                "the daemon is not ready after {} s:\n{}",
                START.as_secs(),
                tail(&self.log())
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`, and gone.
    pub fn kill9(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub async fn restart(&mut self) {
        self.kill9();
        self.up().await;
    }

    /// Sends a signal by name: `TERM`, `HUP`, `INT`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().expect("the daemon runs").id();
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().expect("a shell");
        assert!(status.success(), "kill -{name} {pid}");
    }

    /// SIGTERM; the exit code and how long it took to end.
    pub async fn term(&mut self) -> (Option<i32>, Duration) {
        self.signal("TERM");
        let begun = Instant::now();
        let mut child = self.child.take().expect("the daemon runs");
        while begun.elapsed() < Duration::from_secs(40) {
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                return (status.code(), begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("the daemon did not stop:\n{}", tail(&self.log()));
    }

    /// Runs another command of the binary against this daemon's folder and configuration.
    pub fn tessera(&self, args: &[&str]) -> binary::Ran {
        let mut command = binary::command(self.folder());
        command.env("TESSERA_URL", self.url());
        if let Some(key) = self.api.key() {
            command.env("TESSERA_API_KEY", key);
        }
        binary::run(command.args(args))
    }
}

impl Drop for TestDaemon {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            say::line(&format!("--- the daemon's log\n{}", tail(&self.log())));
        }
    }
}

/// The last hundred lines.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(100)..].join("\n")
}
