//! The walk over two schemas: types by name, what they are made of by name, and a change for every difference.

use super::model::{Field, Kind, Schema, Type, Word};
use super::{advice, directives, fields};
use crate::table::{Say, build};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use tessera_model::change::{Change, ChangeKind, Judgment};

pub(super) struct Walk {
    pub(super) changes: Vec<Change>,
    left: u64,
}

/// How a client takes it that a name goes away, and that one appears.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) gone: Judgment,
    pub(super) come: Judgment,
}

/// A client that asks for it fails; one that does not know it does not notice.
pub(super) const ASKED_FOR: Taken = Taken { gone: Judgment::Fails, come: Judgment::Ok };
/// As above, but what appears may be sent to clients that do not expect it.
pub(super) const SENT: Taken = Taken { gone: Judgment::Fails, come: Judgment::Risky };

pub(super) fn explain(old: &Schema, new: &Schema, budget: u64) -> Vec<Change> {
    let mut walk = Walk { changes: Vec::new(), left: budget };
    walk.described("", &old.description, &new.description);
    walk.roots(old, new);
    for (name, ty) in &old.types {
        match new.types.get(name) {
            Some(other) => walk.types(name, ty, other),
            None => walk.gone("type-removed", name, &format!("{} `{name}`", ty.kind.shown()), ASKED_FOR, None),
        }
    }
    for (name, ty) in new.types.iter().filter(|(name, _)| !old.types.contains_key(*name)) {
        walk.come("type-added", name, &format!("{} `{name}`", ty.kind.shown()), ASKED_FOR);
    }
    directives::compare(&mut walk, old, new);
    if walk.left == 0 {
        let said = "the schemas are larger than the budget: not everything was compared";
        let doubt = Judgment::Undecided;
        walk.push(build("budget-exhausted", "", ChangeKind::Structural, doubt, doubt).says(said));
    }
    walk.changes
}

impl Walk {
    /// Takes one visit; false when there are none left.
    pub(super) fn visit(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    pub(super) fn push(&mut self, mut change: Change) {
        let mut steps = change.path.split('.').skip(1);
        change.column = steps.next().filter(|s| !s.is_empty()).map(str::to_owned);
        change.suggestion = advice::of(&change);
        self.changes.push(change);
    }

    pub(super) fn gone(&mut self, rule: &str, path: &str, what: &str, taken: Taken, deprecated: Option<&str>) {
        let note = match deprecated {
            Some(reason) => format!(" (it was deprecated: {reason})"),
            None => String::new(),
        };
        let change = build(rule, path, ChangeKind::Structural, taken.gone, taken.come);
        self.push(change.values(json!(path), Value::Null).says(format!("{what} was removed{note}")));
    }

    pub(super) fn come(&mut self, rule: &str, path: &str, what: &str, taken: Taken) {
        let change = build(rule, path, ChangeKind::Structural, taken.come, taken.gone);
        self.push(change.values(Value::Null, json!(path)).says(format!("{what} was added")));
    }

    pub(super) fn described(&mut self, path: &str, before: &Option<String>, after: &Option<String>) {
        if before != after {
            let change = build("description-changed", path, ChangeKind::Documentation, Judgment::Ok, Judgment::Ok);
            let of = if path.is_empty() { "schema" } else { path };
            let said = format!("the description of `{of}` changed");
            self.push(change.values(json!(before), json!(after)).says(said));
        }
    }

    pub(super) fn deprecated(&mut self, path: &str, before: &Option<String>, after: &Option<String>) {
        let (rule, said) = match (before, after) {
            (None, Some(reason)) => ("deprecation-added", format!("`{path}` is now deprecated: {reason}")),
            (Some(_), None) => ("deprecation-removed", format!("`{path}` is no longer deprecated")),
            (Some(a), Some(b)) if a != b => {
                ("deprecation-changed", format!("`{path}` is deprecated for another reason"))
            }
            _ => return,
        };
        let change = build(rule, path, ChangeKind::Documentation, Judgment::Ok, Judgment::Ok);
        self.push(change.values(json!(before), json!(after)).says(said));
    }

    fn roots(&mut self, old: &Schema, new: &Schema) {
        for (root, name) in &old.roots {
            let after = new.roots.get(root);
            if after != Some(name) {
                let (rule, writes) = match after {
                    Some(_) => ("root-type-changed", Judgment::Fails),
                    None => ("root-type-removed", Judgment::Ok),
                };
                let change = build(rule, root, ChangeKind::Structural, Judgment::Fails, writes);
                let said = match after {
                    Some(after) => format!("the {root} type is now `{after}`, not `{name}`"),
                    None => format!("there is no {root} type any more"),
                };
                self.push(change.values(json!(name), json!(after)).says(said));
            }
        }
        for (root, name) in new.roots.iter().filter(|(root, _)| !old.roots.contains_key(*root)) {
            self.come("root-type-added", root, &format!("the {root} type `{name}`"), ASKED_FOR);
        }
    }

    fn types(&mut self, name: &str, old: &Type, new: &Type) {
        if !self.visit() {
            return;
        }
        self.described(name, &old.description, &new.description);
        if old.kind != new.kind {
            let fails = Judgment::Fails;
            let said = format!("`{name}` changed from {} to {}", old.kind.shown(), new.kind.shown());
            let change = build("type-kind-changed", name, ChangeKind::Structural, fails, fails);
            return self.push(change.values(json!(old.kind.shown()), json!(new.kind.shown())).says(said));
        }
        let of = |what: &'static str| move |word: &str| format!("{what} `{word}` of `{name}`");
        match old.kind {
            Kind::Scalar => self.specified(name, &old.specified_by, &new.specified_by),
            Kind::Union => {
                let rules = ("union-member-removed", "union-member-added");
                self.words(name, &old.members, &new.members, rules, SENT, of("member"));
            }
            Kind::Enum => {
                let rules = ("enum-value-removed", "enum-value-added");
                self.words(name, &old.values, &new.values, rules, SENT, of("value"));
            }
            Kind::Object | Kind::Interface => {
                let rules = ("interface-removed", "interface-added");
                self.words(name, &old.interfaces, &new.interfaces, rules, SENT, of("implemented interface"));
                fields::outputs(self, name, &old.fields, &new.fields);
            }
            Kind::Input => {
                fields::inputs(self, name, &old.fields, &new.fields, &fields::INPUT_FIELDS);
                self.one_of(name, old.one_of, new.one_of);
            }
        }
    }

    /// Names that stand in a list; their order says nothing.
    pub(super) fn words(
        &mut self,
        path: &str,
        old: &[Word],
        new: &[Word],
        (removed, added): (&str, &str),
        taken: Taken,
        what: impl Fn(&str) -> String,
    ) {
        let had: HashMap<&str, &Word> = old.iter().map(|w| (w.name.as_str(), w)).collect();
        let has: HashSet<&str> = new.iter().map(|w| w.name.as_str()).collect();
        for word in old.iter().filter(|w| !has.contains(w.name.as_str())) {
            let place = format!("{path}.{}", word.name);
            self.gone(removed, &place, &what(&word.name), taken, word.deprecated.as_deref());
        }
        for word in new {
            if !self.visit() {
                return;
            }
            let place = format!("{path}.{}", word.name);
            match had.get(word.name.as_str()) {
                Some(was) => {
                    self.described(&place, &was.description, &word.description);
                    self.deprecated(&place, &was.deprecated, &word.deprecated);
                }
                None => self.come(added, &place, &what(&word.name), taken),
            }
        }
    }

    fn specified(&mut self, name: &str, before: &Option<String>, after: &Option<String>) {
        if before != after {
            let risky = Judgment::Risky;
            let change = build("specification-changed", name, ChangeKind::Structural, risky, risky);
            let said = format!("scalar `{name}` is specified elsewhere: its values may look different");
            self.push(change.values(json!(before), json!(after)).says(said));
        }
    }

    fn one_of(&mut self, name: &str, before: bool, after: bool) {
        let (fails, ok) = (Judgment::Fails, Judgment::Ok);
        let (rule, reads, writes, said) = match (before, after) {
            (false, true) => ("one-of-added", fails, ok, "must now be given exactly one of its fields"),
            (true, false) => ("one-of-removed", ok, fails, "may now be given several of its fields"),
            _ => return,
        };
        let change = build(rule, name, ChangeKind::Structural, reads, writes);
        self.push(change.values(json!(before), json!(after)).says(format!("`{name}` {said}")));
    }
}

/// Two lists of fields side by side: those of both, those that went, those that came.
pub(super) struct Sides<'a> {
    pub(super) both: Vec<(&'a Field, &'a Field)>,
    pub(super) gone: Vec<&'a Field>,
    pub(super) come: Vec<&'a Field>,
}

pub(super) fn sides<'a>(old: &'a [Field], new: &'a [Field]) -> Sides<'a> {
    let has: HashMap<&str, &Field> = new.iter().map(|f| (f.name.as_str(), f)).collect();
    let had: HashSet<&str> = old.iter().map(|f| f.name.as_str()).collect();
    let pair = |f: &'a Field| has.get(f.name.as_str()).map(|other| (f, *other));
    Sides {
        both: old.iter().filter_map(pair).collect(),
        gone: old.iter().filter(|f| !has.contains_key(f.name.as_str())).collect(),
        come: new.iter().filter(|f| !had.contains(f.name.as_str())).collect(),
    }
}
