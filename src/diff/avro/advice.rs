//! What to do instead, in Avro's own words: defaults, aliases, unions.

use tessera_model::change::{Change, Judgment};

pub(super) fn of(change: &Change) -> Option<String> {
    let bad = |j: Judgment| j != Judgment::Ok;
    let (reads, writes) = (bad(change.reads), bad(change.writes));
    if !reads && !writes {
        return None;
    }
    let name = change.path.rsplit('/').next().unwrap_or_default();
    let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
    let (before, after) = (text(&change.before), text(&change.after));
    Some(match change.rule.as_str() {
        "field-added" => format!(
            "give `{name}` a \"default\" that fits its type, as in {{\"name\": \"{name}\", \"type\": [\"null\", …], \"default\": null}}, so that old data is still read"
        ),
        "field-removed" => format!(
            "first give `{name}` a \"default\" and let its readers move to that schema, then remove it; if it lives on under another name, put \"aliases\": [\"{name}\"] there"
        ),
        "field-renamed" => format!(
            "keep \"aliases\": [\"{before}\"] on `{after}`; old readers know no alias of it, so publish both fields until they have moved"
        ),
        "name-changed" | "namespace-changed" => format!(
            "put \"aliases\": [\"{before}\"] on `{after}` so that new readers know old data; old readers need the old name, so keep it until they have moved"
        ),
        "symbol-added" => {
            "give the enum a \"default\" symbol and let readers move to it before the new symbol is sent".to_owned()
        }
        "symbol-removed" => {
            "give the enum a \"default\" symbol that old data is read as, or keep the symbol and stop sending it"
                .to_owned()
        }
        "nullable-added" => "send a value instead of null, or let readers move to the union first".to_owned(),
        "nullable-removed" => "keep \"null\" in the union and stop sending it; old data still has it".to_owned(),
        "branch-added" => "let readers move to the wider union before the new alternative is sent".to_owned(),
        "schema-changed" => {
            "publish the new form under a new name (a second topic or field), fill both, and move the readers"
                .to_owned()
        }
        "branch-removed" => "keep the alternative for reading old data and stop sending it".to_owned(),
        "type-changed" => {
            let field = change.column.as_deref().unwrap_or("field");
            format!(
                "add a second field (`{field}_v2`) with the new type and a \"default\", fill both, move the readers, then remove the old one"
            )
        }
        "size-changed" => {
            "a fixed cannot change its size: add a new fixed under a new name, in a new field with a default".to_owned()
        }
        "logical-type-changed" => {
            "add a new field with the new logical type and a \"default\" beside the old one, and fill both".to_owned()
        }
        _ => return None,
    })
}
