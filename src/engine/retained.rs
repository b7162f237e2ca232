//! `*_transitive` modes: a new schema is judged against every retained version, not only the active one. Retained are the
//! versions since the last breaking one (the same major number): a break that its readers have acknowledged ends what the
//! versions before it promised, else one acknowledged change would stop every publish after it.

use crate::{Engine, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use tessera_model::asset::Asset;
use tessera_model::change::Change;
use tessera_model::contract::{Contract, ContractStatus, SchemaFormat};
use tessera_ports::store::Page;

/// Versions are read in portions of this many.
const PORTION: u32 = 200;

impl Engine {
    /// What a schema changes in the active contract and, in a transitive mode, what else it breaks in older ones.
    pub(crate) async fn changes_under_mode(
        &self,
        asset: &Asset,
        format: SchemaFormat,
        active: &Contract,
        schema: &Value,
    ) -> Result<Vec<Change>> {
        let mut changes = self.diff_for(asset, format, active, schema)?;
        if !asset.compatibility.transitive {
            return Ok(changes);
        }
        let mut known: BTreeSet<String> = changes.iter().map(|c| c.fingerprint().0).collect();
        for old in self.retained(asset, active).await? {
            for mut change in self.diff_for(asset, format, &old, schema)? {
                if change.breaking && known.insert(change.fingerprint().0) {
                    change.message = format!("{} (against version {}, which is retained)", change.message, old.version);
                    changes.push(change);
                }
            }
        }
        Ok(changes)
    }

    /// Newest first, without the active one.
    async fn retained(&self, asset: &Asset, active: &Contract) -> Result<Vec<Contract>> {
        let mut found: Vec<Contract> = Vec::new();
        let mut offset = 0;
        loop {
            let listed = self.store().contracts(Some(asset.id), Page { limit: PORTION, offset }).await?;
            let read = u32::try_from(listed.items.len()).unwrap_or(PORTION);
            found.extend(listed.items.into_iter().filter(|c| {
                c.id != active.id && c.status != ContractStatus::Retired && c.version.major == active.version.major
            }));
            offset += read;
            if read == 0 || u64::from(offset) >= listed.total {
                break;
            }
        }
        found.sort_by(|a, b| b.version.cmp(&a.version));
        Ok(found)
    }
}
