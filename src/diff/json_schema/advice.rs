//! What to do instead, for each kind of change of a JSON Schema.

use tessera_model::change::Judgment;

/// Changes of names are told even when both sides accept the same values.
pub(crate) fn named(rule: &str) -> bool {
    matches!(rule, "property-added" | "property-removed" | "format-added" | "format-removed" | "format-changed")
}

pub(crate) fn of(rule: &str, path: &str, reads: Judgment, writes: Judgment) -> Option<String> {
    let bad = |j: Judgment| matches!(j, Judgment::Fails | Judgment::Undecided);
    if !bad(reads) && !bad(writes) {
        return None;
    }
    let name = path.rsplit('/').next().unwrap_or(path).replace("~1", "/").replace("~0", "~");
    Some(match rule {
        "property-removed" => format!(
            "keep `{name}`, mark it \"deprecated\": true, and take it away when its readers have moved; if it lives on under another name, publish both meanwhile"
        ),
        "property-added" if bad(reads) => {
            format!(
                "the old schema closes its objects: open it (`additionalProperties`) and let readers follow before sending `{name}`"
            )
        }
        "property-added" => {
            format!("old producers may send `{name}` with other values: choose another name, or accept those too")
        }
        "required-added" => format!("let producers send `{name}` first (optional, with a default), then require it"),
        "required-removed" => format!("keep `{name}` required until readers cope without it"),
        "nullable-added" => "send a value instead of null, or ask the readers first".to_owned(),
        "type-changed" => format!(
            "add a second property (`{name}_v2`) with the new type, fill both, move the readers, then drop the old one"
        ),
        "enum-value-added" => "announce the new values, and send them only when the readers are ready".to_owned(),
        "enum-value-removed" | "enum-added" => "stop sending the other values first, then narrow the list".to_owned(),
        "bound-loosened" | "pattern-removed" | "enum-removed" | "unique-removed" | "multiple-removed" => {
            "keep the limit until readers have been asked; they may rely on it".to_owned()
        }
        "bound-tightened" | "pattern-added" | "unique-added" | "multiple-added" => {
            "let producers keep to the new limit first, then declare it".to_owned()
        }
        "additional-properties-closed" => {
            "name the properties that producers send before closing the object".to_owned()
        }
        "alternative-added" => "readers must know the new alternative before it is sent".to_owned(),
        "alternative-removed" => "let producers stop sending the alternative first".to_owned(),
        _ => return None,
    })
}
