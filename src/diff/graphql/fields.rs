//! Output fields, and what clients give: arguments, input fields, arguments of directives. An output may become
//! stricter (non-null), an input more lenient; each is judged in its own direction.

use super::compare::{ASKED_FOR, Taken, Walk, sides};
use super::model::{Field, TypeRef};
use crate::table::{Say, build};
use serde_json::json;
use tessera_model::change::{ChangeKind, Judgment};

/// The rule ids of one kind of input, and how a client takes an optional one that it does not know.
pub(super) struct Inputs {
    removed: &'static str,
    required_added: &'static str,
    optional_added: &'static str,
    retyped: &'static str,
    default: &'static str,
    what: &'static str,
    unknown: Judgment,
}

pub(super) const INPUT_FIELDS: Inputs = Inputs {
    removed: "input-field-removed",
    required_added: "required-input-field-added",
    optional_added: "optional-input-field-added",
    retyped: "input-field-type-changed",
    default: "input-field-default-changed",
    what: "input field",
    unknown: Judgment::Risky,
};
const ARGUMENTS: Inputs = Inputs {
    removed: "argument-removed",
    required_added: "required-argument-added",
    optional_added: "optional-argument-added",
    retyped: "argument-type-changed",
    default: "argument-default-changed",
    what: "argument",
    unknown: Judgment::Risky,
};
pub(super) const DIRECTIVE_ARGUMENTS: Inputs = Inputs {
    removed: "directive-argument-removed",
    required_added: "required-directive-argument-added",
    optional_added: "optional-directive-argument-added",
    retyped: "directive-argument-type-changed",
    default: "directive-argument-default-changed",
    what: "directive argument",
    unknown: Judgment::Ok,
};

pub(super) fn outputs(walk: &mut Walk, path: &str, old: &[Field], new: &[Field]) {
    let sides = sides(old, new);
    for field in sides.gone {
        let place = format!("{path}.{}", field.name);
        walk.gone("field-removed", &place, &format!("field `{place}`"), ASKED_FOR, field.deprecated.as_deref());
    }
    for field in sides.come {
        let place = format!("{path}.{}", field.name);
        walk.come("field-added", &place, &format!("field `{place}`"), ASKED_FOR);
    }
    for (was, is) in sides.both {
        if !walk.visit() {
            return;
        }
        let place = format!("{path}.{}", is.name);
        both(walk, &place, (was, is), gives_at_least, ("field-type-changed", "field"));
        inputs(walk, &place, &was.args, &is.args, &ARGUMENTS);
    }
}

/// What a field that stays says otherwise: its description, its deprecation, and its type as `fits` judges it.
fn both(
    walk: &mut Walk,
    place: &str,
    (was, is): (&Field, &Field),
    fits: fn(&TypeRef, &TypeRef) -> bool,
    (rule, what): (&'static str, &str),
) {
    walk.described(place, &was.description, &is.description);
    walk.deprecated(place, &was.deprecated, &is.deprecated);
    if was.ty != is.ty {
        let (reads, writes) = (copes(fits(&was.ty, &is.ty)), copes(fits(&is.ty, &was.ty)));
        let (before, after) = (was.ty.shown(), is.ty.shown());
        let said = format!("{what} `{place}` changed its type from {before} to {after}");
        let change = build(rule, place, ChangeKind::Structural, reads, writes);
        walk.push(change.values(json!(before), json!(after)).says(said));
    }
}

pub(super) fn inputs(walk: &mut Walk, path: &str, old: &[Field], new: &[Field], rules: &Inputs) {
    let sides = sides(old, new);
    let taken = |field: &Field| {
        let come = if field.must_be_given() { Judgment::Fails } else { rules.unknown };
        Taken { gone: Judgment::Fails, come }
    };
    for field in sides.gone {
        let place = format!("{path}.{}", field.name);
        let what = format!("{} `{place}`", rules.what);
        walk.gone(rules.removed, &place, &what, taken(field), field.deprecated.as_deref());
    }
    for field in sides.come {
        let place = format!("{path}.{}", field.name);
        let (rule, word) = match field.must_be_given() {
            true => (rules.required_added, "required"),
            false => (rules.optional_added, "optional"),
        };
        walk.come(rule, &place, &format!("{word} {} `{place}`", rules.what), taken(field));
    }
    for (was, is) in sides.both {
        if !walk.visit() {
            return;
        }
        let place = format!("{path}.{}", is.name);
        both(walk, &place, (was, is), takes_at_least, (rules.retyped, rules.what));
        if was.default != is.default {
            let change = build(rules.default, &place, ChangeKind::Structural, default(was, is), default(is, was));
            let shown = |f: &Field| f.default.clone().unwrap_or_else(|| "none".to_owned());
            let said = format!("{} `{place}` changed its default from {} to {}", rules.what, shown(was), shown(is));
            walk.push(change.values(json!(was.default), json!(is.default)).says(said));
        }
    }
}

/// A client that leaves the argument out gets another default, or must suddenly give it.
fn default(before: &Field, after: &Field) -> Judgment {
    match (&before.default, &after.default) {
        (None, _) => Judgment::Ok,
        (Some(_), None) if after.must_be_given() => Judgment::Fails,
        (Some(_), _) => Judgment::Risky,
    }
}

fn copes(yes: bool) -> Judgment {
    if yes { Judgment::Ok } else { Judgment::Fails }
}

/// What comes out still is what a client expects: the same type, and nothing that was never null can be.
fn gives_at_least(expected: &TypeRef, given: &TypeRef) -> bool {
    same(expected, given) && expected.required.iter().zip(&given.required).all(|(e, g)| *g || !*e)
}

/// What a client sends still is taken: the same type, and null where it could be null.
fn takes_at_least(sent: &TypeRef, taken: &TypeRef) -> bool {
    same(sent, taken) && sent.required.iter().zip(&taken.required).all(|(s, t)| *s || !*t)
}

fn same(a: &TypeRef, b: &TypeRef) -> bool {
    a.name == b.name && a.required.len() == b.required.len()
}
