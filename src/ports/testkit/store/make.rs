//! Records to store: each with every part filled, with texts and numbers that are easy to lose.

use crate::notifier::{Notice, NoticeKind, NoticeTeam};
use crate::records::{ApiKey, Artifact, AuditEvent, Drift, DriftStatus, Observation, OutboxMessage, OutboxState, Scan};
use crate::warehouse::{ObservedTable, Probe, RelationKind, ScanStatus};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tessera_model::actor::{ActorKind, Scope};
use tessera_model::asset::{Asset, Dependency};
use tessera_model::change::Change;
use tessera_model::contract::{Contract, ContractStatus, Registration, RegistrationStatus, SchemaFormat, Waiver};
use tessera_model::ids::*;
use tessera_model::report::{AssetChange, Coverage, UnknownModel};
use tessera_model::table::{ForeignKey, Guarantee, Origin};
use tessera_model::team::Team;
use tessera_model::{
    Actor, ChangeKind, Column, Compatibility, Dialect, Effect, Evidence, EvidenceSource, Finding, Fingerprint,
    Judgment, Mode, Reader, ReaderKind, TableKey, TableName, TableSchema, UseKind,
};
use tessera_workflow::{
    Acknowledgement, Override, OverrideKind, Proposal, ProposalOrigin, ProposalStatus, Requirement, Response,
};
use uuid::Uuid;

/// Quotes, escapes, wide characters, both kinds of accents, right-to-left, a line break.
pub(super) const TEXT: &str = "Ünï\u{65}\u{301} \"q\" 'a' \\ % _ ? $1 🦀 שלום 表\n\tend";

/// A moment with microseconds, `seconds` after a fixed one.
pub(super) fn at(seconds: i64) -> Timestamp {
    let base = Timestamp::from_microsecond(1_764_000_000_123_457).expect("a time");
    base + SignedDuration::from_secs(seconds)
}

/// JSON with the numbers, texts, key order and depth that stores are known to lose.
pub(super) fn hard_json() -> Value {
    let mut deep = json!("bottom");
    for _ in 0..125 {
        deep = json!([deep]);
    }
    json!({
        "zebra": 1, "apple": 2, "mango": {"b": null, "a": [true, false, null]},
        "floats": [0.1, 0.30000000000000004, 1e-7, 2.2250738585072014e-308, 1.7976931348623157e308, 1.0, -0.5,
                   123_456_789.123_456_78, 4.35, 0.000_035_689_4],
        "integers": [0, -1, i64::MIN, i64::MAX, u64::MAX],
        "": "empty key", TEXT: TEXT, "nul": "a\u{0}b", "deep": deep,
    })
}

pub(super) fn team(name: &str) -> Team {
    Team {
        id: TeamId(Uuid::now_v7()),
        name: name.into(),
        slack_channel: Some("#data".into()),
        email: Some("data@example.org".into()),
        metadata: hard_json(),
        created_at: at(0),
        deleted_at: None,
    }
}

pub(super) fn asset(fqn: &str, owner: Option<TeamId>) -> Asset {
    Asset {
        id: AssetId(Uuid::now_v7()),
        fqn: fqn.into(),
        key: TableKey(fqn.to_lowercase()),
        environment: "prod".into(),
        description: Some(TEXT.into()),
        owner,
        owner_origin: Some("codeowners".into()),
        dialect: Dialect::Postgres,
        resource_type: "model".into(),
        compatibility: Compatibility { mode: Mode::Full, transitive: true },
        project: Some("shop".into()),
        node: Some("model.shop.orders".into()),
        warehouse: Some("main".into()),
        metadata: hard_json(),
        created_at: at(1),
        updated_at: at(2),
        deleted_at: None,
    }
}

pub(super) fn contract(asset: AssetId, version: &str, status: ContractStatus) -> Contract {
    Contract {
        id: ContractId(Uuid::now_v7()),
        asset,
        version: version.parse().expect("a version"),
        format: SchemaFormat::JsonSchema,
        schema: hard_json(),
        fingerprint: Fingerprint::of_json(&hard_json()),
        compatibility: Compatibility::new(Mode::Backward),
        guarantees: json!({"unique": ["id"], "note": TEXT}),
        status,
        origin: "dbt".into(),
        published_by: Some(TeamId(Uuid::now_v7())),
        published_at: at(3),
        proposal: Some(ProposalId(Uuid::now_v7())),
    }
}

pub(super) fn registration(asset: AssetId, team: TeamId) -> Registration {
    Registration {
        id: RegistrationId(Uuid::now_v7()),
        asset,
        team,
        columns: vec!["status".into(), TEXT.into()],
        contract: Some(ContractId(Uuid::now_v7())),
        pinned_version: Some("1.2.0".into()),
        status: RegistrationStatus::Migrating,
        purpose: Some(TEXT.into()),
        created_at: at(4),
        expires_at: Some(at(5)),
    }
}

pub(super) fn dependency(dependent: AssetId, dependency: AssetId) -> Dependency {
    Dependency {
        id: DependencyId(Uuid::now_v7()),
        dependent,
        dependency,
        kind: "transforms".into(),
        metadata: hard_json(),
        created_at: at(6),
    }
}

pub(super) fn actor() -> Actor {
    Actor {
        kind: ActorKind::Agent,
        name: TEXT.into(),
        scope: Scope::Write,
        team: Some(TeamId(Uuid::now_v7())),
        key: Some("k1".into()),
        on_behalf_of: Some("ada".into()),
    }
}

pub(super) fn reader() -> Reader {
    Reader {
        name: "model.shop.rpt".into(),
        kind: ReaderKind::DbtModel,
        team: Some("finance".into()),
        effect: Effect::Breaks,
        columns: vec!["status".into()],
        uses: vec![UseKind::Filter, UseKind::Join],
        evidence: Evidence { source: EvidenceSource::Dbt, first_seen: Some(at(7)), last_seen: Some(at(8)), count: 3 },
        via: vec!["model.shop.mid".into()],
        reason: Some("unknown column status".into()),
    }
}

pub(super) fn change() -> AssetChange {
    let change = Change {
        rule: "column-removed".into(),
        path: "status".into(),
        column: Some("status".into()),
        kind: ChangeKind::Structural,
        reads: Judgment::Fails,
        writes: Judgment::Ok,
        breaking: true,
        before: json!("TEXT"),
        after: Value::Null,
        message: TEXT.into(),
        witness: None,
        suggestion: Some("keep it".into()),
        steps: Vec::new(),
        source_rules: Vec::new(),
    };
    AssetChange {
        asset: "db.main.orders".into(),
        node: Some("model.shop.orders".into()),
        column: change.column.clone(),
        change: (&change).into(),
        file: Some("models/orders.sql".into()),
        line: Some(7),
        team: Some("shop".into()),
        readers: vec![reader()],
        acknowledged: false,
        proposal: None,
        caused_by: vec!["db.main.raw.status".into()],
    }
}

pub(super) fn proposal(asset: AssetId, required: &[TeamId]) -> Proposal {
    let by = |team: &TeamId| Acknowledgement {
        team: *team,
        response: Response::Migrating,
        by: actor(),
        at: at(11),
        migrating_until: Some(at(100_000)),
        notes: Some(TEXT.into()),
    };
    let requirement =
        |team: &TeamId| Requirement { team: *team, team_name: "finance".into(), because: vec![reader(), reader()] };
    Proposal {
        id: ProposalId(Uuid::now_v7()),
        asset,
        asset_fqn: "db.main.orders".into(),
        revision: 1,
        status: ProposalStatus::Pending,
        origin: ProposalOrigin::Drift,
        change_set: Some("scan-1".into()),
        base: Some(ContractId(Uuid::now_v7())),
        base_fingerprint: Some(Fingerprint::of_bytes(b"base")),
        target_fingerprint: Fingerprint::of_bytes(b"target"),
        format: SchemaFormat::Table,
        schema: hard_json(),
        guarantees: json!([TEXT]),
        version: Some("2.0.0-rc.1+b7".parse().expect("a version")),
        compatibility: Compatibility::new(Mode::Backward),
        changes: vec![change()],
        required: required.iter().map(requirement).collect(),
        acknowledgements: required.iter().take(1).map(by).collect(),
        opened_by: actor(),
        proposed_by: Some(TeamId(Uuid::now_v7())),
        opened_at: at(10),
        deadline: Some(at(1_000_000)),
        resolved_at: Some(at(12)),
        stale: true,
        overridden: Some(Override { kind: OverrideKind::Force, by: actor(), at: at(13), reason: TEXT.into() }),
        contract: Some(ContractId(Uuid::now_v7())),
        drift: Some(DriftId(Uuid::now_v7())),
        reminders: 2,
        note: Some(TEXT.into()),
        coverage: Coverage {
            models: 10,
            compiled: 9,
            resolved: 8,
            unknown: vec![UnknownModel { model: "model.shop.py".into(), cause: "python".into() }],
        },
    }
}

/// The next state of a proposal.
pub(super) fn revised(proposal: &Proposal, note: &str) -> Proposal {
    Proposal { revision: proposal.revision + 1, note: Some(note.into()), ..proposal.clone() }
}

pub(super) fn drift(asset: AssetId, fingerprint: &str) -> Drift {
    Drift {
        id: DriftId(Uuid::now_v7()),
        asset,
        asset_fqn: "db.main.orders".into(),
        warehouse: "main".into(),
        fingerprint: Fingerprint::of_bytes(fingerprint.as_bytes()),
        status: DriftStatus::Open,
        breaking: true,
        changes: vec![change()],
        observed: hard_json(),
        first_seen: at(20),
        last_seen: at(21),
        count: 4,
        proposal: Some(ProposalId(Uuid::now_v7())),
        resolved_at: Some(at(22)),
        scan: ScanId(Uuid::now_v7()),
    }
}

pub(super) fn scan(warehouse: &str, slot: Option<Timestamp>) -> Scan {
    Scan {
        id: ScanId(Uuid::now_v7()),
        warehouse: warehouse.into(),
        slot,
        status: ScanStatus::Suspect,
        started_at: at(30),
        finished_at: Some(at(31)),
        tables: 1,
        columns: 2,
        added: 3,
        altered: 4,
        dropped: 5,
        drifts_opened: 6,
        drifts_resolved: 7,
        probe: Probe { scopes: vec![("main".into(), "x1".into())], privileges: "p".into() },
        findings: vec![Finding::warning("scope-lost", TEXT).about("main").remedy("GRANT USAGE")],
        error: Some(TEXT.into()),
    }
}

pub(super) fn observation(warehouse: &str, table: &str) -> Observation {
    let column = |n: usize| Column {
        name: format!("column_{n}"),
        data_type: Some("character varying(20)".into()),
        nullable: Some(n.is_multiple_of(2)),
        default: (n == 3).then(|| "'x'::text".into()),
        comment: Some("what it holds".into()),
        type_origin: None,
    };
    let table = ObservedTable {
        name: TableName::new(Some("db"), Some("main"), table),
        kind: RelationKind::MaterializedView,
        schema: TableSchema {
            primary_key: vec!["column_0".into()],
            unique: vec![vec!["column_0".into(), "column_1".into()]],
            foreign_keys: vec![ForeignKey {
                columns: vec!["column_1".into()],
                table: "db.main.other".into(),
                references: vec!["id".into()],
            }],
            guarantees: vec![Guarantee::NotNull { column: "column_0".into() }],
            comment: Some(TEXT.into()),
            origin: Some(Origin::Observed),
            open: true,
            ..TableSchema::new(Dialect::Postgres, (0..20).map(column).collect())
        },
        definition: Some("select 1".into()),
    };
    Observation {
        warehouse: warehouse.into(),
        key: table.name.key(Dialect::Postgres),
        fingerprint: table.fingerprint(),
        table,
        first_seen: at(40),
        last_changed: at(41),
        scan: ScanId(Uuid::now_v7()),
    }
}

pub(super) fn artifact(project: &str, kind: &str) -> Artifact {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    Artifact {
        id: ArtifactId(Uuid::now_v7()),
        project: project.into(),
        kind: kind.into(),
        environment: "prod".into(),
        hash: Fingerprint::of_bytes(&bytes),
        invocation_id: Some("inv".into()),
        generated_at: Some(at(50)),
        received_at: at(51),
        bytes,
    }
}

pub(super) fn key(id: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        hash: "00ff".into(),
        name: TEXT.into(),
        scope: Scope::Admin,
        actor_kind: ActorKind::Ci,
        team: Some(TeamId(Uuid::now_v7())),
        on_behalf_of: Some("ada".into()),
        created_at: at(60),
        expires_at: Some(at(61)),
        revoked_at: Some(at(62)),
    }
}

pub(super) fn waiver(asset: AssetId) -> Waiver {
    Waiver {
        id: WaiverId(Uuid::now_v7()),
        asset,
        column: Some("status".into()),
        change: Fingerprint::of_bytes(b"change"),
        reason: TEXT.into(),
        team: Some(TeamId(Uuid::now_v7())),
        created_by: "ada".into(),
        created_at: at(70),
        expires_at: at(71),
    }
}

pub(super) fn event(entity_id: &str, action: &str) -> AuditEvent {
    AuditEvent {
        id: AuditId(Uuid::now_v7()),
        at: at(80),
        entity: "proposal".into(),
        entity_id: entity_id.into(),
        action: action.into(),
        actor: actor(),
        payload: hard_json(),
    }
}

/// A waiting message, due at `at(100)`.
pub(super) fn message(subject: &str, target: &str, dedupe: &str) -> OutboxMessage {
    let notice = Notice {
        kind: NoticeKind::ProposalOpened,
        subject: subject.into(),
        title: TEXT.into(),
        summary: TEXT.into(),
        asset: Some("db.main.orders".into()),
        owner: Some("shop".into()),
        opened_by: Some("ada".into()),
        deadline: Some(at(1_000_000)),
        changes: vec![change()],
        teams: vec![NoticeTeam {
            name: "finance".into(),
            answer: "missing".into(),
            note: Some(TEXT.into()),
            because: vec![reader()],
        }],
        coverage: Some("8 of 10 models".into()),
        status: Some("approved".into()),
        url: Some("https://example.org/proposals/1".into()),
        commands: vec!["tessera ack".into()],
        at: at(90),
    };
    OutboxMessage {
        id: OutboxId(Uuid::now_v7()),
        dedupe_key: Fingerprint::of_bytes(dedupe.as_bytes()),
        notifier: "slack".into(),
        target: target.into(),
        subject: subject.into(),
        notice,
        state: OutboxState::Waiting,
        attempts: 0,
        created_at: at(90),
        next_attempt: at(100),
        last_error: None,
        delivered_at: None,
    }
}
