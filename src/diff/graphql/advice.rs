//! What to do instead, in GraphQL's own words: add beside, `@deprecated`, remove when nobody asks any more.

use tessera_model::change::{Change, Judgment};

pub(super) fn of(change: &Change) -> Option<String> {
    let path = change.path.as_str();
    if change.reads == Judgment::Ok {
        let fails = change.writes == Judgment::Fails;
        return fails.then(|| {
            format!("let every server know `{path}` as it is now before a client of the new schema asks one")
        });
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    Some(match change.rule.as_str() {
        "field-removed" | "input-field-removed" | "argument-removed" | "enum-value-removed" => format!(
            "keep `{path}` and mark it @deprecated(reason: \"…\"), saying what to use instead; remove it when no client asks for it any more"
        ),
        "directive-argument-removed" => {
            format!(
                "keep `{path}` and mark it @deprecated(reason: \"…\"); remove it when no document gives it any more"
            )
        }
        "type-removed" | "type-kind-changed" | "root-type-removed" | "root-type-changed" => format!(
            "keep `{name}` as it is, mark the fields that lead to it @deprecated(reason: \"…\"), and lead to a new type from new fields beside them"
        ),
        "field-type-changed" => format!(
            "add a second field (`{name}V2`) with the new type, mark `{path}` @deprecated(reason: \"use {name}V2\"), and remove it when no client asks for it"
        ),
        "argument-type-changed" | "input-field-type-changed" | "directive-argument-type-changed" => format!(
            "add a second, optional `{name}V2` with the new type, mark `{path}` @deprecated(reason: \"use {name}V2\") and accept both meanwhile"
        ),
        "required-argument-added" | "required-input-field-added" | "required-directive-argument-added" => {
            format!("make `{name}` nullable or give it a default value; require it when every client gives it")
        }
        "argument-default-changed" | "input-field-default-changed" | "directive-argument-default-changed" => {
            format!("clients that leave `{name}` out depend on the old default: keep it, or ask them first")
        }
        "optional-argument-added" | "optional-input-field-added" => {
            format!("make sure that leaving `{name}` out means what it meant before")
        }
        "enum-value-added" | "union-member-added" | "interface-added" => {
            format!("clients may not expect `{name}`: announce it before it is sent")
        }
        "union-member-removed" | "interface-removed" => {
            format!("stop sending `{name}` first; clients still have fragments on it")
        }
        "one-of-added" => {
            "add a new @oneOf input type beside this one, and deprecate what takes the old one".to_owned()
        }
        "specification-changed" => {
            format!("add a new scalar (`{name}V2`) for the new form, and lead to it from new fields and arguments")
        }
        "directive-removed" | "directive-location-removed" | "directive-repeatable-removed" => {
            "accept it without effect until no document uses it any more".to_owned()
        }
        _ => return None,
    })
}
