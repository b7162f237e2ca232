//! Notes on comparing two manifests, and peeking at whole files.

use super::support::{bytes, project};
use crate::{Limits, comparability, peek_whole};

#[test]
fn what_cannot_be_compared_is_said() {
    let codes =
        |a: &str, b: &str| comparability(&project(a), &project(b)).into_iter().map(|f| f.code).collect::<Vec<_>>();
    assert_eq!(codes("orchard/v5/duck", "orchard/v1/duck"), [""; 0]);
    assert_eq!(codes("orchard/v1/duck", "orchard/v5/duck"), ["older-than-state"]);
    assert_eq!(codes("growth/duck", "orchard/v1/duck"), ["other-project"]);
    assert_eq!(codes("orchard/v1/fusion-duck", "orchard/v1/duck"), ["engine-switch"]);
    assert!(codes("orchard/v5/pg", "orchard/v1/duck").contains(&"other-dialect".to_owned()));
}

#[test]
fn a_watcher_sees_whether_a_file_is_whole() {
    let limits = Limits::default();
    let whole = bytes("broken/good.json");
    let peeked = peek_whole(&whole, &limits).unwrap();
    assert_eq!((peeked.project_name.as_deref(), peeked.schema_version.as_str()), (Some("shop"), "v12"));
    let cut = &whole[..whole.len() - 20];
    assert!(crate::peek(cut).is_ok() && peek_whole(cut, &limits).unwrap_err().is_transient());
    assert!(peek_whole(&bytes("broken/nan.json"), &limits).is_ok());
    assert_eq!(peek_whole(&bytes("broken/two_documents.json"), &limits).unwrap_err().code(), "not-json");
}
