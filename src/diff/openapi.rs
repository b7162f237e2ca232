//! OpenAPI 2.0, 3.0 and 3.1, text or value. The documents stay as they are (`read`); paths, operations, parameters,
//! bodies, media types, responses and headers are walked in pairs, and every pair of schemas is compared once
//! (`schema`), with the containment engine of JSON Schema as the judge of what a rule alone cannot tell (`lift`).
//!
//! **What the judgments ask.** `reads`: does an old client get along with the new server? What it sends must still be
//! accepted (request: values(old) within values(new)), what it receives must still be understood (response: values(new)
//! within values(old)). So the mode `backward`, which demands `reads`, is what API tools call backward compatible.
//! `writes` is the mirror: does a new client get along with the old server. In webhooks and callbacks the server sends
//! the request, so there the two directions change places.
//!
//! Rule ids follow one scheme: where it is (`request-parameter`, `request-body`, `request-property`, `response-body`, …),
//! then what happened (`max-length-decreased`). They agree with oasdiff's ids where that tool has one for the finding.
//! A path reads `GET /pets/{id} response 200 application/json /properties/name`.

mod advice;
mod keywords;
mod lift;
mod members;
mod messages;
mod operations;
mod parameters;
mod read;
mod same;
mod schema;
mod stability;
mod sunset;
mod unions;
mod whole;

#[cfg(test)]
mod tests;

use crate::table::{Say, build};
use crate::{Diff, DiffError, Options, Side};
use read::Doc;
use same::Same;
use schema::Findings;
use serde_json::Value;
use std::collections::HashMap;
use tessera_model::Compatibility;
use tessera_model::change::{Change, ChangeKind, Judgment};

/// Changes told at most; more are summed up.
const MOST_CHANGES: usize = 3000;

/// Who sends what stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Flow {
    ToServer,
    FromServer,
}

impl Flow {
    /// The keyword that takes a property out of this direction.
    fn hides(self) -> &'static str {
        match self {
            Flow::ToServer => "readOnly",
            Flow::FromServer => "writeOnly",
        }
    }

    fn turned(self) -> Flow {
        match self {
            Flow::ToServer => Flow::FromServer,
            Flow::FromServer => Flow::ToServer,
        }
    }

    /// The judgments where fewer values are valid now, or more, or both.
    fn judge(self, narrows: bool, widens: bool) -> (Judgment, Judgment) {
        let fails = |yes: bool| if yes { Judgment::Fails } else { Judgment::Ok };
        match self {
            Flow::ToServer => (fails(narrows), fails(widens)),
            Flow::FromServer => (fails(widens), fails(narrows)),
        }
    }
}

pub(crate) struct Walk<'a> {
    old: Doc<'a>,
    new: Doc<'a>,
    same: Same<'a>,
    changes: Vec<Change>,
    /// What was found for a pair of schemas.
    memo: HashMap<(usize, usize, Flow), Findings>,
    open: Vec<(usize, usize, Flow)>,
    /// Operations that are being looked at: one, and those its callbacks lead to.
    calls: Vec<(usize, usize, Flow)>,
    /// Visits that are left to containment.
    budget: u64,
    /// Pairs of schemas that may still be looked at.
    places: u64,
    today: Option<&'a str>,
    /// The operation is a draft: what breaks in it is announced to break.
    draft: bool,
    /// Judgments of what found no room.
    cut: Option<(Judgment, Judgment)>,
}

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let (before, after) = (read::parsed(old, Side::Old)?, read::parsed(new, Side::New)?);
    let (old, new) = (Doc::of(&before, Side::Old)?, Doc::of(&after, Side::New)?);
    if crate::json_schema::shape::equal(old.root, new.root) {
        return Ok(Diff { changes: Vec::new(), undecided: false });
    }
    if old.too_deep() || new.too_deep() {
        let change = build("document-changed", "", ChangeKind::Structural, Judgment::Undecided, Judgment::Undecided)
            .says("a document is nested too deeply to be taken apart");
        return Ok(Diff::judged(vec![change], compat, &options.policy));
    }
    let mut walk = Walk {
        old,
        new,
        same: Same::of(old, new),
        changes: Vec::new(),
        memo: HashMap::new(),
        open: Vec::new(),
        calls: Vec::new(),
        budget: options.budget,
        places: options.budget,
        today: options.today.as_deref(),
        draft: false,
        cut: None,
    };
    walk.dangling();
    walk.whole();
    walk.paths();
    walk.webhooks();
    if let Some((reads, writes)) = walk.cut {
        walk.changes.push(
            build("more-changes", "", ChangeKind::Structural, reads, writes)
                .says(format!("more than {MOST_CHANGES} changes: the others are not listed")),
        );
    }
    Ok(Diff::judged(walk.changes, compat, &options.policy))
}

impl<'a> Walk<'a> {
    /// Adds a change, softened in drafts.
    fn tell(&mut self, mut change: Change) {
        if self.draft {
            for judgment in [&mut change.reads, &mut change.writes] {
                if *judgment == Judgment::Fails {
                    *judgment = Judgment::Risky;
                }
            }
        }
        if self.changes.len() >= MOST_CHANGES {
            let (reads, writes) = self.cut.unwrap_or((Judgment::Ok, Judgment::Ok));
            self.cut = Some((reads.max(change.reads), writes.max(change.writes)));
            return;
        }
        if change.suggestion.is_none() {
            change.suggestion = advice::of(&change);
        }
        self.changes.push(change);
    }

    fn structural(
        &mut self,
        rule: &str,
        path: &str,
        judged: (Judgment, Judgment),
        values: (Value, Value),
        said: impl Into<String>,
    ) {
        self.tell(build(rule, path, ChangeKind::Structural, judged.0, judged.1).values(values.0, values.1).says(said));
    }

    /// A change of what is said, not of what is valid.
    fn note(&mut self, rule: &str, path: &str, values: (Value, Value), said: impl Into<String>) {
        self.tell(
            build(rule, path, ChangeKind::Documentation, Judgment::Ok, Judgment::Ok)
                .values(values.0, values.1)
                .says(said),
        );
    }

    /// References that lead nowhere: whatever hangs on them is not known.
    fn dangling(&mut self) {
        for (doc, to) in std::mem::take(&mut self.same.dangling) {
            let elsewhere = !to.starts_with('#');
            let why = if elsewhere { "is in another document" } else { "leads nowhere" };
            let open = (Judgment::Undecided, Judgment::Undecided);
            let said = format!("`{to}` in the {} document {why}: what is behind it is not compared", doc.side);
            self.structural("reference-unresolved", to, open, (Value::Null, Value::Null), said);
        }
    }
}

const GONE: (Judgment, Judgment) = (Judgment::Fails, Judgment::Ok);
const NEW: (Judgment, Judgment) = (Judgment::Ok, Judgment::Fails);
const HARMLESS: (Judgment, Judgment) = (Judgment::Ok, Judgment::Ok);
const RISKY: (Judgment, Judgment) = (Judgment::Risky, Judgment::Risky);
