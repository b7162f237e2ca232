//! `sslmode` against a real server with certificates made for the test: who is trusted, and who is refused and told why.

use crate::register;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use tessera_ports::testkit::postgres::{PrivatePostgres, TestPostgres};
use tessera_ports::testkit::warehouse::scan;
use tessera_ports::warehouse::{ScanStatus, WarehouseError};

/// A private authority, a server certificate of it for `localhost`, and an authority that has nothing to do with it.
fn certificates(folder: &Path) -> bool {
    let run = |arguments: &str| {
        let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
        done.is_ok_and(|output| output.status.success())
    };
    let authority = |name: &str| {
        run(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt \
             -addext keyUsage=critical,keyCertSign"
        ))
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    authority("ours")
        && authority("other")
        && run("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr")
        && run(
            "x509 -req -in server.csr -CA ours.crt -CAkey ours.key -CAcreateserial -days 2 -extfile names -out server.crt",
        )
}

#[tokio::test]
async fn each_sslmode_trusts_whom_it_should() {
    if TestPostgres::or_skip().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    if !certificates(folder.path()) {
        eprintln!("SKIPPED: no openssl to make certificates with");
        return;
    }
    let own = PrivatePostgres::start().unwrap();
    let server = own.server().unwrap();
    let port = url::Url::parse(&server.url("postgres")).unwrap().port().unwrap();
    let attempt = async |settings: &str, host: &str| {
        let mut all = json!({ "host": host, "port": port, "user": "postgres", "database": "postgres" });
        for pair in settings.split(' ') {
            let (key, value) = pair.split_once('=').unwrap();
            let value =
                if key == "sslrootcert" { folder.path().join(value).display().to_string() } else { value.to_owned() };
            all[key] = value.into();
        }
        let warehouse = (register().build)("w", &all).unwrap();
        scan(warehouse.as_ref(), None).await.map(|(_, report)| assert_eq!(report.status, ScanStatus::Complete))
    };

    // Before the server has a certificate.
    assert_eq!(attempt("sslmode=prefer", "127.0.0.1").await, Ok(()));
    assert!(matches!(attempt("sslmode=require", "127.0.0.1").await, Err(WarehouseError::Refused(_))));

    // The server reads its key as its own user: it must own what nobody else may read. So it writes the files itself.
    for name in ["server.crt", "server.key"] {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let program = format!("(umask 077; cat > {name})");
        let lines: String = text.lines().map(|l| format!("('{l}'),")).collect();
        let values = lines.trim_end_matches(',');
        server.sql("postgres", &format!("copy (select * from (values {values}) v) to program '{program}'")).unwrap();
    }
    server.sql("postgres", "alter system set ssl = on").unwrap();
    server.sql("postgres", "select pg_reload_conf()").unwrap();
    for _ in 0..50 {
        if server.sql("postgres", "show ssl").unwrap() == "on" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }

    for (settings, host, trusted) in [
        ("sslmode=disable", "localhost", true),
        ("sslmode=prefer", "localhost", true),
        ("sslmode=require", "localhost", true),
        ("sslmode=require sslrootcert=ours.crt", "localhost", true),
        ("sslmode=require sslrootcert=other.crt", "localhost", false),
        ("sslmode=verify-ca sslrootcert=ours.crt", "localhost", true),
        ("sslmode=verify-ca sslrootcert=ours.crt", "127.0.0.1", true),
        ("sslmode=verify-ca sslrootcert=other.crt", "localhost", false),
        ("sslmode=verify-full sslrootcert=ours.crt", "localhost", true),
        ("sslmode=verify-full sslrootcert=ours.crt", "127.0.0.1", false),
        ("sslmode=verify-full sslrootcert=other.crt", "localhost", false),
        ("sslmode=verify-full", "localhost", false),
        ("sslmode=verify-full sslrootcert=missing.crt", "localhost", false),
    ] {
        match attempt(settings, host).await {
            Ok(()) => assert!(trusted, "{settings} at {host} was trusted"),
            Err(WarehouseError::Refused(message)) => {
                assert!(!trusted, "{settings} at {host}: {message}");
                assert!(message.contains("sslrootcert"), "{message}");
            }
            Err(other) => panic!("{settings} at {host}: {other:?}"),
        }
    }

    // What the server says of the session itself: encrypted, or not.
    for (sslmode, expected) in [("disable", "f"), ("prefer", "t"), ("require", "t")] {
        let all = json!({ "host": "localhost", "port": port, "user": "postgres", "database": "postgres", "sslmode": sslmode });
        let session =
            crate::session::Session::open(&crate::settings::Settings::read("w", &all).unwrap()).await.unwrap();
        let rows = session
            .rows("testing", "select ssl from pg_catalog.pg_stat_ssl where pid = pg_backend_pid()")
            .await
            .unwrap();
        assert_eq!(rows[0].get(0), Some(expected), "{sslmode}");
        assert_eq!(session.server.encrypted, expected == "t", "{sslmode}");
    }
}
