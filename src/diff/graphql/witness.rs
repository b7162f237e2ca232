//! Proofs in the client's own language: a document that the old schema answers and the new one refuses. Not every break
//! has one: an answer that may be null now, or a value that is sent no more, breaks clients and no document.

use super::model::{Field, Kind, SCALARS, Schema, TypeRef};
use super::reach::{Reach, composite};
use serde_json::Value;
use tessera_model::change::{Change, Judgment};

/// Changes that are shown with a document.
const MOST_SHOWN: usize = 500;

pub(super) fn show(changes: &mut [Change], old: &Schema, new: &Schema) {
    let mut reach = None;
    for change in changes.iter_mut().filter(|c| c.reads == Judgment::Fails).take(MOST_SHOWN) {
        let reach = reach.get_or_insert_with(|| Reach::of(old));
        change.witness = Proof { old, new, reach }.of(change).map(Value::String);
    }
}

struct Proof<'p, 'a> {
    old: &'a Schema,
    new: &'a Schema,
    reach: &'p Reach<'a>,
}

fn find<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.iter().find(|f| f.name == name)
}

/// What an argument or input field is given that its new type does not take: null where it must be given now, lists where
/// there are fewer now, else a variable of the old type (a scalar of one's own may take any value that is written out).
fn given(was: &TypeRef, now: Option<&TypeRef>) -> (String, String) {
    let lists = was.required.len() - 1;
    match now {
        Some(now) if now.is_required() && !was.is_required() => ("null".to_owned(), String::new()),
        Some(now) if now.required.len() <= lists && lists < 50 && SCALARS.contains(&now.name.as_str()) => {
            ("[".repeat(lists) + &"]".repeat(lists), String::new())
        }
        _ => ("$v".to_owned(), format!("($v: {})", was.shown())),
    }
}

impl<'a> Proof<'_, 'a> {
    fn of(&self, change: &Change) -> Option<String> {
        let path = change.path.as_str();
        if let Some(rest) = path.strip_prefix('@') {
            return self.directive(&change.rule, rest);
        }
        let mut steps = path.split('.');
        let (ty, member, arg) = (steps.next()?, steps.next(), steps.next());
        match change.rule.as_str() {
            "root-type-removed" | "root-type-changed" => return self.root(path),
            "type-removed" | "type-kind-changed" => return self.gone(ty),
            _ => {}
        }
        if change.rule == "one-of-added" {
            return self.one_of(ty);
        }
        let (member, owner) = (member?, self.old.types.get(ty)?);
        let reach = self.reach;
        let ask = |inner: &str, head: &str| reach.document(ty, inner, head, self.new);
        match change.rule.as_str() {
            "union-member-removed" => ask(&format!("... on {member} {{ __typename }}"), ""),
            "interface-removed" if owner.kind == Kind::Object => ask(&format!("... on {member} {{ __typename }}"), ""),
            "enum-value-removed" => reach.giving(ty, member, "", self.new),
            "field-removed" => {
                let field = find(&owner.fields, member)?;
                ask(&reach.asked(field, reach.call(field, None)?), "")
            }
            "field-type-changed" => self.retyped(ty, find(&owner.fields, member)?),
            "argument-removed" => {
                let field = find(&owner.fields, member)?;
                let arg = find(&field.args, arg?)?;
                let value = reach.value(&arg.ty)?;
                ask(&reach.asked(field, reach.call(field, Some((&arg.name, &value)))?), "")
            }
            "required-argument-added" => {
                let field = find(&owner.fields, member)?;
                ask(&reach.asked(field, reach.call(field, None)?), "")
            }
            "argument-type-changed" => {
                let field = find(&owner.fields, member)?;
                let arg = find(&field.args, arg?)?;
                let now = find(&self.new.types.get(ty)?.fields, member).and_then(|f| find(&f.args, &arg.name));
                let (value, head) = given(&arg.ty, now.map(|a| &a.ty));
                ask(&reach.asked(field, reach.call(field, Some((&arg.name, &value)))?), &head)
            }
            "input-field-removed" => {
                let field = find(&owner.fields, member)?;
                let value = reach.value(&field.ty)?;
                reach.giving(ty, &reach.object(ty, Some((member, &value)))?, "", self.new)
            }
            "required-input-field-added" if !owner.one_of => reach.giving(ty, &reach.object(ty, None)?, "", self.new),
            "input-field-type-changed" if !owner.one_of => {
                let field = find(&owner.fields, member)?;
                let now = find(&self.new.types.get(ty)?.fields, member);
                let (value, head) = given(&field.ty, now.map(|f| &f.ty));
                reach.giving(ty, &reach.object(ty, Some((member, &value)))?, &head, self.new)
            }
            _ => None,
        }
    }

    fn root(&self, root: &str) -> Option<String> {
        let name = self.old.roots.get(root)?;
        match root {
            "query" | "mutation" if self.new.roots.contains_key(root) => {
                Some(format!("{root} {{ ... on {name} {{ __typename }} }}"))
            }
            "query" | "mutation" => Some(format!("{root} {{ __typename }}")),
            _ => None,
        }
    }

    /// A type that is not there any more, or of a kind that cannot stand where it stood.
    fn gone(&self, name: &str) -> Option<String> {
        let old = self.old.types.get(name)?;
        let now = self.new.types.get(name).map(|t| t.kind);
        if composite(old.kind) {
            let asked = format!("... on {name} {{ __typename }}");
            return if now.is_some_and(composite) { None } else { self.reach.document(name, &asked, "", self.new) };
        }
        // A scalar that becomes an enum, or the other way round, still may be a variable's type.
        if now.is_some_and(|k| !composite(k)) {
            return None;
        }
        let place = self.reach.taken(name)?;
        if place.required.len() > 1 {
            return None;
        }
        self.reach.giving(name, "$v", &format!("($v: {name}!)"), self.new)
    }

    fn one_of(&self, ty: &str) -> Option<String> {
        let old = self.old.types.get(ty)?;
        let needed = old.fields.iter().filter(|f| f.must_be_given()).count();
        let more = match needed {
            1 => {
                let field = old.fields.iter().find(|f| !f.must_be_given())?;
                Some((field.name.as_str(), self.reach.value(&field.ty)?))
            }
            _ => None,
        };
        let more = more.as_ref().map(|(name, value)| (*name, value.as_str()));
        self.reach.giving(ty, &self.reach.object(ty, more)?, "", self.new)
    }

    /// A field whose answer is of another kind now: what is asked of it no longer fits.
    fn retyped(&self, ty: &str, field: &Field) -> Option<String> {
        let now = find(&self.new.types.get(ty)?.fields, &field.name)?;
        let kind = |s: &Schema, f: &Field| s.types.get(&f.ty.name).map(|t| t.kind);
        let (was, is) = (kind(self.old, field)?, kind(self.new, now)?);
        let call = self.reach.call(field, None)?;
        let objects = was == Kind::Object && is == Kind::Object && field.ty.name != now.ty.name;
        let asked = match (composite(was), composite(is)) {
            (true, true) if objects => format!("{call} {{ ... on {} {{ __typename }} }}", field.ty.name),
            (true, true) | (false, false) => return None,
            _ => self.reach.asked(field, call),
        };
        self.reach.document(ty, &asked, "", self.new)
    }

    fn directive(&self, rule: &str, path: &str) -> Option<String> {
        let (name, part) = path.split_once('.').unwrap_or((path, ""));
        let old = self.old.directives.get(name)?;
        let mut head = String::new();
        let more = match rule {
            "directive-argument-removed" => Some(self.reach.value(&find(&old.args, part)?.ty)?),
            "directive-argument-type-changed" => {
                let was = &find(&old.args, part)?.ty;
                let now = self.new.directives.get(name).and_then(|d| find(&d.args, part));
                let (value, variable) = given(was, now.map(|a| &a.ty));
                head = variable;
                Some(value)
            }
            "directive-removed"
            | "directive-location-removed"
            | "directive-repeatable-removed"
            | "required-directive-argument-added" => None,
            _ => return None,
        };
        let given = self.reach.arguments(&old.args, more.as_deref().map(|value| (part, value)))?;
        let mut used = format!("@{name}{given}");
        if rule == "directive-repeatable-removed" {
            used = format!("{used} {used}");
        }
        let there = |location: &str| {
            let fits = rule != "directive-location-removed" || part == location;
            fits && old.locations.iter().any(|l| l.name == location) && self.old.roots.contains_key("query")
        };
        if there("FIELD") {
            Some(format!("query{head} {{ __typename {used} }}"))
        } else if there("INLINE_FRAGMENT") {
            Some(format!("query{head} {{ ... {used} {{ __typename }} }}"))
        } else if there("QUERY") {
            Some(format!("query{head} {used} {{ __typename }}"))
        } else {
            None
        }
    }
}
