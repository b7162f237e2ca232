//! Where the server's programs are, and as whom to run them: PostgreSQL refuses to run as root.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An installed PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Install {
    bin: PathBuf,
    /// Our own uid.
    pub(super) own: u32,
    /// The user (uid, gid) to run as, when we are root.
    pub(super) user: Option<(u32, u32)>,
}

impl Install {
    /// `TESSERA_PG_BIN`, else what `pg_config` says, else the newest one in the usual folders, else the path.
    pub(super) fn find() -> Result<Self, String> {
        let mut folders: Vec<PathBuf> = std::env::var_os("TESSERA_PG_BIN").map(PathBuf::from).into_iter().collect();
        if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
            folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        let roots = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt"];
        let mut versions: Vec<PathBuf> = roots.iter().flat_map(|r| folder(Path::new(r))).collect();
        versions.sort_by_key(|p| std::cmp::Reverse(number(p)));
        folders.extend(versions.into_iter().map(|p| p.join("bin")));
        folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
        let bin = folders.into_iter().find(|f| f.join("initdb").is_file() && f.join("postgres").is_file()).ok_or(
            "no `initdb` and `postgres` found: install PostgreSQL, or name its folder in TESSERA_PG_BIN, or a running \
             server in TESSERA_TEST_POSTGRES",
        )?;
        let id = Command::new("id").arg("-u").output().map_err(|e| format!("cannot run id: {e}"))?;
        let own = String::from_utf8_lossy(&id.stdout).trim().parse().map_err(|_| "`id -u` gives no number")?;
        let user = if own == 0 { Some(unprivileged()?) } else { None };
        Ok(Install { bin, own, user })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// A command of the server's, as the right user.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        #[cfg(unix)]
        if let Some((uid, gid)) = self.user {
            use std::os::unix::process::CommandExt;
            command.gid(gid).uid(uid);
        }
        command.current_dir("/").env("LC_ALL", "C");
        command
    }
}

fn folder(path: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect()
}

/// The version at the end of a folder's name.
fn number(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.trim_start_matches("postgresql@").parse().unwrap_or(0)
}

/// Whom to be instead of root: `postgres`, else `nobody`.
fn unprivileged() -> Result<(u32, u32), String> {
    let passwd = std::fs::read_to_string("/etc/passwd").map_err(|e| format!("/etc/passwd: {e}"))?;
    let ids = |name: &str| {
        let mut fields = passwd.lines().find(|l| l.split(':').next() == Some(name))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let user = ids("postgres").or_else(|| ids("nobody"));
    user.ok_or_else(|| "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".into())
}
