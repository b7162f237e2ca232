//! Store addresses: what is understood, what is refused and how, and that no password is ever shown.

use crate::url::{StoreUrl, redact, scrub};
use std::path::PathBuf;
use tessera_ports::StoreError;

#[test]
fn understood() {
    let file = |p: &str| Ok(StoreUrl::File(PathBuf::from(p)));
    assert_eq!(StoreUrl::parse("sqlite:store.db"), file("store.db"));
    assert_eq!(StoreUrl::parse("sqlite:/var/lib/t.db"), file("/var/lib/t.db"));
    assert_eq!(StoreUrl::parse("sqlite:///var/lib/t.db"), file("/var/lib/t.db"));
    assert_eq!(StoreUrl::parse("sqlite::memory:"), Ok(StoreUrl::Memory));
    for url in ["postgres://h/d", "postgresql://u:p@h:1/d?sslmode=require"] {
        assert_eq!(StoreUrl::parse(url), Ok(StoreUrl::Postgres(url.into())));
    }
}

#[test]
fn refused_with_a_reason() {
    for (url, reason) in [
        ("", "begins neither"),
        ("mysql://u:hunter2@h/d", "begins neither"),
        ("store.db", "begins neither"),
        ("sqlite:", "path is missing"),
        ("sqlite://", "path is missing"),
        ("sqlite:a.db?mode=rwc", "no `?` parameters"),
    ] {
        let Err(StoreError::Unavailable(message)) = StoreUrl::parse(url) else { panic!("{url} is accepted") };
        assert!(message.contains(reason) && message.contains("expected sqlite:PATH"), "{url}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn passwords_are_not_shown() {
    for url in [
        "postgres://ada:hunter2@host:5432/tessera",
        "postgres://ada:hunter2@host/tessera?sslmode=require",
        "postgres://ada@host/tessera?password=hunter2&sslmode=require",
        "postgres://ada:pa/ss@hunter2@host/tessera",
        "postgres://ada:hunter2%40home@host/tessera",
    ] {
        let shown = redact(url);
        assert!(!shown.contains("hunter2") && shown.contains("***") && shown.contains("host"), "{url}: {shown}");
    }
    assert_eq!(redact("postgres://ada@host/tessera"), "postgres://ada@host/tessera");
    assert_eq!(redact("sqlite:a.db"), "sqlite:a.db");
    let url = "postgres://ada:hunter2%40home@host/tessera";
    assert_eq!(scrub("cannot use hunter2@home nor hunter2%40home", url), "cannot use *** nor ***");
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let result = crate::open("postgres://ada:hunter2@127.0.0.1:1/tessera").await;
    let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("postgres://ada:***@127.0.0.1:1/tessera"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_bad_server_address_is_unavailable() {
    for url in ["postgres://ada:hunter2@host:notaport/x", "postgres://ada:hunter2@[::1/x"] {
        let result = crate::open(url).await;
        let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
        assert!(!message.contains("hunter2"), "{message}");
    }
}
