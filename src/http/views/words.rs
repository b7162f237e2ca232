//! The words that appear in answers, for the API document. The model's own enums write them; a test compares the two.

use serde::Serialize;
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($word:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(dead_code, reason = "stands in the API document; values are written by the model's enum")]
        pub(crate) enum $name { $($word),* }
    )*};
}

words! {
    ProposalStatus { Pending, Approved, Published, Rejected, Withdrawn, Expired }
    ProposalOrigin { Dbt, Drift, Api, Cli, Agent }
    Response { Approved, Migrating, Blocked }
    ContractStatus { Active, Deprecated, Retired }
    RegistrationStatus { Active, Migrating, Inactive }
    /// The size of a change in semantic versioning.
    ChangeType { Patch, Minor, Major }
    /// Does one side cope with the other's data? `undecided` never counts as ok.
    Judgment { Ok, Risky, Undecided, Fails }
    SchemaFormat { JsonSchema, Avro, Protobuf, OpenApi, GraphQl, Table }
    /// `acknowledge`: breaking, and read by somebody else. `unknown` is never green.
    Verdict { Safe, Notify, Acknowledge, Unknown }
    /// When a step of a migration is taken.
    Phase { Expand, Migrate, Contract }
    /// What a change does to a reader, worst first.
    Effect { Breaks, Changes, Reads, MayRead, Unaffected }
    ReaderKind { DbtModel, DbtSnapshot, DbtTest, Exposure, Registration, View, Query, Agent }
    UseKind { Project, Filter, Join, Group, Sort, Window, Conditional }
    EvidenceSource { Dbt, Exposure, Registration, ViewDefinition, QueryHistory, OpenLineage, Agent }
    DriftStatus { Open, Held, Resolved, Accepted }
    /// `suspect` and `partial` scans never report drops.
    ScanStatus { Running, Complete, Partial, Suspect, Failed, Unchanged }
    OutboxState { Waiting, Done, Dead }
    ActorKind { Human, Agent, Ci, Daemon }
    /// Each includes the ones before it.
    Scope { Read, Write, Admin }
    Severity { Error, Warning, Info }
    UseStatus { Found, NotFound, Ambiguous, NoReadersKnown, NotCovered }
}
