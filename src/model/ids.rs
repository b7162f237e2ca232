//! Ids: UUIDs with a type each, so that a team's id never stands where an asset's is meant. Made by `ports::Ids` (version
//! 7: they sort by time), never here.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map($name)
            }
        }
    )*};
}

id! {
    TeamId;
    AssetId;
    ContractId;
    RegistrationId;
    ProposalId;
    DriftId;
    ScanId;
    OutboxId;
    AuditId;
    WaiverId;
    DependencyId;
    ArtifactId;
}
