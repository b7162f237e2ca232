//! One server on a temporary folder, with a watchdog that ends it when no registered process lives any more.

use super::install::Install;
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Watches `users/<pid>` files; when none of the processes lives for a while, or the folder is taken away, it stops the
/// server and removes the folder. A shell script, so that it survives the test process that started it.
const WATCHDOG: &str = r#"
dir=$1; patience=$2; idle=0
while [ -d "$dir/users" ]; do
    alive=0
    for f in "$dir"/users/*; do
        pid=${f##*/}
        if [ -d "/proc/$pid" ] || ps -p "$pid" >/dev/null 2>&1; then alive=1; else rm -f "$f"; fi
    done
    if [ $alive = 1 ]; then idle=0; else idle=$((idle+1)); fi
    if [ $idle -gt "$patience" ]; then mv "$dir" "$dir.old.$$"; dir="$dir.old.$$"; break; fi
    sleep 1
done
server=$(head -n 1 "$dir/data/postmaster.pid" 2>/dev/null)
[ -n "$server" ] && kill -QUIT "$server" 2>/dev/null
sleep 1
rm -rf "$dir"
"#;

#[derive(Debug)]
pub(super) struct Cluster {
    install: Install,
    dir: PathBuf,
    port: u16,
    private: bool,
}

impl Cluster {
    /// The server that all test processes of this user share; started by the first.
    pub(super) fn shared(install: &Install) -> Result<Self, String> {
        let root = std::env::temp_dir();
        let name = format!("tessera-test-postgres-{}", install.own);
        // Held while looking and starting: two first processes must not both start one.
        let gate = File::create(root.join(format!("{name}.gate"))).map_err(|e| format!("{name}.gate: {e}"))?;
        gate.lock().map_err(|e| format!("{name}.gate: {e}"))?;
        let dir = root.join(&name);
        if let Some(cluster) = Self::found(install, &dir) {
            return Ok(cluster);
        }
        if dir.exists() {
            // Left by a machine that went down: nobody answers there.
            let _ = fs::remove_dir_all(&dir);
        }
        Self::create(install, dir, false)
    }

    pub(super) fn private(install: &Install) -> Result<Self, String> {
        let unique = uuid::Uuid::now_v7().simple();
        Self::create(install, std::env::temp_dir().join(format!("tessera-private-postgres-{unique}")), true)
    }

    fn found(install: &Install, dir: &Path) -> Option<Self> {
        register(dir).ok()?;
        let port = fs::read_to_string(dir.join("port")).ok()?.trim().parse().ok()?;
        let cluster = Cluster { install: install.clone(), dir: dir.to_owned(), port, private: false };
        // The watchdog may have taken it away between the two.
        (cluster.answers() && dir.join("users").join(std::process::id().to_string()).exists()).then_some(cluster)
    }

    fn create(install: &Install, dir: PathBuf, private: bool) -> Result<Self, String> {
        let said = |e: std::io::Error| format!("{}: {e}", dir.display());
        fs::create_dir_all(dir.join("users")).map_err(said)?;
        register(&dir).map_err(said)?;
        #[cfg(unix)]
        if let Some((uid, gid)) = install.user {
            for path in [dir.clone(), dir.join("users")] {
                std::os::unix::fs::chown(&path, Some(uid), Some(gid)).map_err(said)?;
            }
        }
        let mut cluster = Cluster { install: install.clone(), dir, port: 0, private };
        let ready = cluster.watch().and_then(|()| cluster.initialise());
        if ready.is_err() {
            // The watchdog ends without its folder.
            let _ = fs::remove_dir_all(&cluster.dir);
        }
        ready.map(|()| cluster)
    }

    fn initialise(&mut self) -> Result<(), String> {
        let mut initdb = self.install.command(self.install.program("initdb"));
        initdb.args(["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]);
        let output = initdb.current_dir(&self.dir).output().map_err(|e| format!("cannot run initdb: {e}"))?;
        if !output.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let mut last = String::new();
        // A port may be taken between looking and starting.
        for _ in 0..5 {
            self.port = free_port()?;
            match self.start() {
                Ok(()) => return fs::write(self.dir.join("port"), self.port.to_string()).map_err(|e| e.to_string()),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    /// Starts the server and waits until it answers.
    pub(super) fn start(&self) -> Result<(), String> {
        let log = File::create(self.dir.join("log")).map_err(|e| e.to_string())?;
        let port = self.port.to_string();
        let mut server = detached(self.install.command(self.install.program("postgres")))
            .args(["-D", "data", "-p", &port, "-h", "127.0.0.1", "-k", "", "-F", "-c", "max_connections=300"])
            .args(["-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "shared_buffers=64MB"])
            .args(["-c", "autovacuum_naptime=30s", "-c", "log_min_messages=fatal"])
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|e| format!("cannot run postgres: {e}"))?;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if self.answers() {
                // Reaped by whoever inherits it; the watchdog ends it.
                return Ok(());
            }
            if server.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        Err(format!("postgres does not start: {}", log.trim()))
    }

    /// Ends the server at once (SIGQUIT: "immediate shutdown") and waits until its port is free.
    pub(super) fn stop(&self) -> Result<(), String> {
        let pid = fs::read_to_string(self.dir.join("data/postmaster.pid")).map_err(|e| e.to_string())?;
        let pid = pid.lines().next().unwrap_or_default().to_owned();
        let killed = self.install.command("kill").args(["-QUIT", &pid]).status().map_err(|e| e.to_string())?;
        if !killed.success() {
            return Err(format!("cannot stop process {pid}"));
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if !self.dir.join("data/postmaster.pid").exists() && TcpStream::connect(("127.0.0.1", self.port)).is_err() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("postgres does not stop".into())
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn answers(&self) -> bool {
        let mut ready = self.install.command(self.install.program("pg_isready"));
        let asked = ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-t", "3"]).status();
        asked.is_ok_and(|s| s.success())
    }

    fn watch(&self) -> Result<(), String> {
        let patience = if self.private { "0" } else { "10" };
        detached(self.install.command("sh"))
            .args(["-c", WATCHDOG, "watchdog", &self.dir.to_string_lossy(), patience])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot start the watchdog: {e}"))?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.private {
            // The watchdog sees it and cleans up.
            let _ = fs::remove_dir_all(self.dir.join("users"));
        }
    }
}

/// Says that this process uses the server.
fn register(dir: &Path) -> std::io::Result<()> {
    File::create(dir.join("users").join(std::process::id().to_string())).map(drop)
}

/// In a process group of its own: a test runner that ends a test's group must not end what others use.
fn detached(mut command: std::process::Command) -> std::process::Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    command
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    Ok(listener.local_addr().map_err(|e| e.to_string())?.port())
}
