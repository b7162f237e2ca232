//! `tessera doctor` for one PostgreSQL: reachable, understood, read-only, in scope, and what is not granted with the
//! statement that grants it.

use crate::privileges::quoted;
use crate::scope::Scope;
use crate::session::{Session, display_version};
use crate::settings::Settings;
use std::collections::HashMap;
use tessera_model::Finding;
use tessera_ports::warehouse::WarehouseError;

pub(crate) async fn check(name: &str, settings: &Settings) -> Vec<Finding> {
    match ask(settings).await {
        Ok(findings) => findings.into_iter().map(|f| if f.subject.is_some() { f } else { f.about(name) }).collect(),
        Err(e) => vec![unreachable(settings, &e).about(name)],
    }
}

fn unreachable(settings: &Settings, error: &WarehouseError) -> Finding {
    match error {
        WarehouseError::Refused(message) => Finding::error("warehouse-refused", message.clone()).remedy(format!(
            "GRANT CONNECT ON DATABASE {} TO {}; and check the credentials (tessera's adapters/postgres/grants.sql)",
            quoted(&settings.database),
            quoted(&settings.user)
        )),
        other => Finding::error("warehouse-unavailable", other.to_string())
            .remedy(format!("check that PostgreSQL answers at {}:{} from here", settings.host, settings.port)),
    }
}

async fn ask(settings: &Settings) -> Result<Vec<Finding>, WarehouseError> {
    let session = Session::open(settings).await?;
    let scope = session.enter_scope(settings).await?;
    let probed = session.probe(&scope).await?;
    let server = session.server.clone();
    session.close().await;

    let tables = if server.replica { ", a replica" } else { "" };
    let mut findings = vec![Finding::info(
        "warehouse-connected",
        format!(
            "connected to {} (PostgreSQL {}{tables}) as `{}` in a read-only session; {} schemas in scope: {}",
            settings.address(),
            display_version(server.version),
            server.role,
            scope.schemas.len(),
            scope.names().join(", ")
        ),
    )];
    if server.superuser {
        findings.push(
            Finding::warning(
                "superuser",
                format!("`{}` is a superuser: reading a catalog needs no such power", server.role),
            )
            .remedy("create a role of its own with the adapter's grants.sql"),
        );
    }
    if !server.encrypted && !settings.is_local() {
        findings.push(
            Finding::warning("unencrypted", format!("the connection to {} is not encrypted", settings.host))
                .remedy("set sslmode = \"verify-full\" (and `sslrootcert` where the authority is private)"),
        );
    }
    if scope.schemas.is_empty() {
        findings.push(
            Finding::error("empty-scope", format!("no schema of database `{}` is in scope", server.database))
                .remedy("correct `schemas` and `exclude_schemas` of this warehouse"),
        );
    }
    findings.extend(grants(&scope, &server.role, &probed.unreadable));
    findings.extend(scope.findings);
    Ok(findings)
}

fn grants(scope: &Scope, role: &str, unreadable: &HashMap<u32, u64>) -> Vec<Finding> {
    let mut schemas: Vec<_> = scope.schemas.iter().collect();
    schemas.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    let mut findings = Vec::new();
    for (oid, schema) in schemas {
        let (name, to) = (quoted(&schema.name), quoted(role));
        if !schema.usage {
            findings.push(
                Finding::warning("usage-not-granted", format!("`{role}` has no USAGE on schema `{}`: its catalog is read all the same, but its grants cannot be watched", schema.name))
                    .about(schema.name.clone())
                    .remedy(format!("GRANT USAGE ON SCHEMA {name} TO {to};")),
            );
        }
        if let Some(count) = unreadable.get(oid) {
            findings.push(
                Finding::info(
                    "select-not-granted",
                    format!(
                        "`{role}` may not SELECT {count} relations of schema `{}`: not needed to read their catalog",
                        schema.name
                    ),
                )
                .about(schema.name.clone())
                .remedy(format!("GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {to};")),
            );
        }
    }
    findings
}
