//! Small decisions about a manifest: is a removal believable, what is a vanished table, what was agreed on before, and
//! where in a model's file a change stands.

use crate::world::ProjectState;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tessera_dbt::Node;
use tessera_model::asset::Asset;
use tessera_model::contract::Contract;
use tessera_model::{Change, ChangeKind, Finding, Judgment};
use tessera_workflow::Proposal;

/// Share of models that may vanish at once before a person is asked.
const VANISH_SHARE: f64 = 0.2;
/// …if at least so many did.
const VANISH_MODELS: usize = 5;
/// Many models gone at once look like a failed parse, not like a decision.
pub(super) fn mass_removal(before: &ProjectState, now: &ProjectState) -> Option<Finding> {
    let models: Vec<&Node> = before.project.models().collect();
    let gone: Vec<&&Node> = models.iter().filter(|m| !now.project.nodes.contains_key(&m.unique_id)).collect();
    let many = gone.len() >= VANISH_MODELS && gone.len() as f64 > models.len() as f64 * VANISH_SHARE;
    many.then(|| {
        let names: Vec<_> = gone.iter().take(5).map(|n| n.name.as_str()).collect();
        Finding::warning(
            "mass-removal",
            format!(
                "{} of {} models vanished at once ({}, …): it looks like a manifest written by a failing run.",
                gone.len(),
                models.len(),
                names.join(", ")
            ),
        )
        .about(now.name.clone())
        .remedy("Run `dbt compile` again; if the models are really gone, hand the manifest in with confirm=true.")
    })
}

/// The change that a whole table is gone.
pub(crate) fn table_removed(asset: &Asset, active: &Contract) -> Change {
    Change {
        rule: "table-removed".into(),
        path: String::new(),
        column: None,
        kind: ChangeKind::Structural,
        reads: Judgment::Fails,
        writes: Judgment::Fails,
        breaking: true,
        before: json!(active.table().map(|t| t.columns.into_iter().map(|c| c.name).collect::<Vec<_>>())),
        after: Value::Null,
        message: format!("{} is gone", asset.fqn),
        witness: None,
        suggestion: Some("keep a view of the old name until its readers have moved".into()),
        steps: Vec::new(),
        source_rules: Vec::new(),
    }
}

/// Does an approved proposal cover exactly these breaking changes?
pub(crate) fn covers(agreed: &Proposal, reported: &[tessera_model::report::AssetChange]) -> bool {
    let key = |c: &tessera_model::report::AssetChange| {
        (c.change.rule.clone(), c.column.clone(), c.change.before.to_string(), c.change.after.to_string())
    };
    let known: BTreeSet<_> = agreed.changes.iter().map(key).collect();
    reported.iter().filter(|c| c.change.breaking && !c.acknowledged).all(|c| known.contains(&key(c)))
}

/// The model's file, and the line in it where the column stands; for a column that is gone, where the final select begins.
pub(crate) fn locate(node: &Node, column: Option<&str>) -> (Option<String>, Option<u32>) {
    let Some(path) = node.path.clone() else { return (None, None) };
    let Some(text) = &node.raw_code else { return (Some(path), None) };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let holds = |line: &str, word: &str| {
        let (line, word) = (line.to_lowercase(), word.to_lowercase());
        line.match_indices(&word).any(|(i, _)| {
            let before = line[..i].chars().next_back().is_some_and(is_word);
            let after = line[i + word.len()..].chars().next().is_some_and(is_word);
            !before && !after
        })
    };
    let line_of =
        |word: &str| text.lines().enumerate().filter(|(_, l)| holds(l, word)).map(|(i, _)| i as u32 + 1).last();
    let line = column.and_then(line_of).or_else(|| line_of("select")).or(Some(1));
    (Some(path), line)
}
