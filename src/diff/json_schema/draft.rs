//! Which draft a document is written in, and which keywords count in it. A document that declares none is read as draft-07
//! or, when it uses keywords of later ones, as 2020-12 (2019-09 when it uses `$recursiveRef`).

use crate::maps::Look;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Draft {
    Four,
    Six,
    Seven,
    Nineteen,
    Twenty,
}

impl Draft {
    /// The draft that `$schema` names, if it is one of ours.
    pub(crate) fn declared(schema: &Value) -> Option<Draft> {
        let uri = schema.look("$schema").and_then(Value::as_str)?;
        let all = [
            ("draft-03", Draft::Four),
            ("draft-04", Draft::Four),
            ("draft-06", Draft::Six),
            ("draft-07", Draft::Seven),
            ("2019-09", Draft::Nineteen),
            ("2020-12", Draft::Twenty),
        ];
        all.iter().find(|(word, _)| uri.contains(word)).map(|(_, draft)| *draft)
    }

    /// Does the keyword mean anything? Those not listed always do.
    pub(crate) fn knows(self, keyword: &str) -> bool {
        match keyword {
            "const" | "contains" | "propertyNames" => self >= Draft::Six,
            "if" | "then" | "else" => self >= Draft::Seven,
            "dependentRequired"
            | "dependentSchemas"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "minContains"
            | "maxContains"
            | "$anchor" => self >= Draft::Nineteen,
            "$recursiveRef" | "$recursiveAnchor" => self == Draft::Nineteen,
            "prefixItems" | "$dynamicRef" | "$dynamicAnchor" => self >= Draft::Twenty,
            _ => true,
        }
    }

    /// The keyword that names a schema.
    pub(crate) fn id(self) -> &'static str {
        if self == Draft::Four { "id" } else { "$id" }
    }

    /// `$ref` replaces what stands beside it, and `#name` in an id is an anchor.
    pub(crate) fn lone_refs(self) -> bool {
        self <= Draft::Seven
    }

    pub(crate) fn of_validator(self) -> jsonschema::Draft {
        match self {
            Draft::Four => jsonschema::Draft::Draft4,
            Draft::Six => jsonschema::Draft::Draft6,
            Draft::Seven => jsonschema::Draft::Draft7,
            Draft::Nineteen => jsonschema::Draft::Draft201909,
            Draft::Twenty => jsonschema::Draft::Draft202012,
        }
    }
}
