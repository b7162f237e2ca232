//! The OpenAPI document: fresh, complete, and in step with the policy and the model's words.

use super::support::operations;
use crate::policy::{Access, TABLE};
use crate::{openapi, openapi_json};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_document_in_docs_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == made,
        "docs/openapi.json is stale: refresh it with `UPDATE_OPENAPI=1 cargo test -p tessera-http document` and commit it"
    );
}

#[test]
fn every_operation_has_a_policy_and_every_policy_an_operation() {
    let documented: BTreeSet<(String, String)> =
        operations().into_iter().map(|(method, path, _)| (method.to_string(), path)).collect();
    let outside = ["/metrics", "/api/v1/openapi.json", "/docs", "/style.css", "/", "/signin", "/proposals/{id}"];
    let table: BTreeSet<(String, String)> =
        TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let named: BTreeSet<_> = table.iter().filter(|(_, path)| !outside.contains(&path.as_str())).cloned().collect();
    assert_eq!(documented, named);
    assert_eq!(table.len(), TABLE.len(), "a route stands twice in the policy");
}

#[test]
fn only_what_is_meant_to_be_public_is_public() {
    let public: Vec<&str> = TABLE
        .iter()
        .filter(|(_, _, access)| matches!(access, Access::Public | Access::PublicPage))
        .map(|(_, path, _)| *path)
        .collect();
    assert_eq!(public, ["/health", "/health/ready", "/metrics", "/api/v1/openapi.json", "/docs", "/style.css", "/"]);
}

#[test]
fn every_operation_says_what_it_is_for() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let has = |key: &str| operation[key].as_str().is_some_and(|text| !text.is_empty());
            assert!(has("summary") || has("description"), "{method} {path} has no summary");
            assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
        }
    }
}

/// Every `$ref` leads somewhere.
#[test]
fn references_resolve() {
    fn walk(value: &Value, document: &Value) {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target} leads nowhere");
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, document)),
            Value::Object(map) => map.values().for_each(|item| walk(item, document)),
            _ => {}
        }
    }
    let document = serde_json::to_value(openapi::document()).unwrap();
    walk(&document, &document);
}

/// The document's words are those that the model writes.
#[test]
fn words_are_the_models() {
    use tessera_model::actor::{ActorKind, Scope};
    use tessera_model::contract::{ContractStatus, RegistrationStatus, SchemaFormat};
    use tessera_model::reader::UseKind;
    use tessera_model::semver::ChangeType;
    use tessera_model::{Effect, EvidenceSource, Judgment, ReaderKind, Severity, Verdict};
    use tessera_ports::ScanStatus;
    use tessera_ports::records::{DriftStatus, OutboxState};
    use tessera_workflow::{ProposalOrigin, ProposalStatus, Response};
    let document = serde_json::to_value(openapi::document()).unwrap();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    macro_rules! same {
        ($($name:ident [$($variant:ident),*])*) => {$(
            assert_eq!(words(stringify!($name)), json!([$($name::$variant),*]), stringify!($name));
        )*};
    }
    same! {
        ProposalStatus [Pending, Approved, Published, Rejected, Withdrawn, Expired]
        ProposalOrigin [Dbt, Drift, Api, Cli, Agent]
        Response [Approved, Migrating, Blocked]
        ContractStatus [Active, Deprecated, Retired]
        RegistrationStatus [Active, Migrating, Inactive]
        ChangeType [Patch, Minor, Major]
        Judgment [Ok, Risky, Undecided, Fails]
        SchemaFormat [JsonSchema, Avro, Protobuf, OpenApi, GraphQl, Table]
        Verdict [Safe, Notify, Acknowledge, Unknown]
        Effect [Breaks, Changes, Reads, MayRead, Unaffected]
        ReaderKind [DbtModel, DbtSnapshot, DbtTest, Exposure, Registration, View, Query, Agent]
        UseKind [Project, Filter, Join, Group, Sort, Window, Conditional]
        EvidenceSource [Dbt, Exposure, Registration, ViewDefinition, QueryHistory, OpenLineage, Agent]
        DriftStatus [Open, Held, Resolved, Accepted]
        ScanStatus [Running, Complete, Partial, Suspect, Failed, Unchanged]
        OutboxState [Waiting, Done, Dead]
        ActorKind [Human, Agent, Ci, Daemon]
        Scope [Read, Write, Admin]
        Severity [Error, Warning, Info]
    }
}
