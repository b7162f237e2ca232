//! A table of a data contract (ODCS).

use super::{Source, Wanted};
use anyhow::{Context, Result, anyhow, bail};
use tessera_diff::odcs::{OdcsTables, tables_of_odcs};
use tessera_model::TableSchema;
use tessera_model::contract::SchemaFormat;

pub(super) fn source(mut source: Source, wanted: Wanted<'_>) -> Result<Source> {
    let read = tables_of_odcs(&source.value, wanted.dialect).map_err(|e| anyhow!("{e}"))?;
    let (name, table) = pick(&read, wanted.model)?;
    if read.tables.len() > 1 {
        source.label = format!("{}#{name}", source.label);
    }
    source.value = serde_json::to_value(table).context("the table cannot be written as JSON")?;
    source.format = Some((SchemaFormat::Table, "a data contract (ODCS)".to_owned()));
    source.dialect = Some(table.dialect);
    source.table = Some(name.clone());
    source.notes = read.notes;
    Ok(source)
}

/// The one that is named, or the only one.
pub(crate) fn pick<'a>(read: &'a OdcsTables, name: Option<&str>) -> Result<&'a (String, TableSchema)> {
    let names = || read.tables.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ");
    let fits = |n: &str, wanted: &str| n == wanted || n.rsplit('.').next() == Some(wanted);
    match (name, read.tables.as_slice()) {
        (None, [one]) => Ok(one),
        (None, _) => bail!("the contract describes several tables ({}): say which, as FILE#TABLE", names()),
        (Some(wanted), tables) => tables
            .iter()
            .find(|(n, _)| fits(n, wanted))
            .ok_or_else(|| anyhow!("the contract has no table `{wanted}`; it has {}", names())),
    }
}
