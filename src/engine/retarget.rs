//! The same project compiled for two targets: `dev` names its relations otherwise than `prod`. Before the two are
//! compared, the head's relations are given the base's names, in the nodes and in their compiled SQL.

use std::collections::HashMap;
use std::sync::Arc;
use tessera_dbt::Project;
use tessera_model::{Dialect, Finding, TableName};

/// Renames where a node of the same unique id stands under another name in `base`. A finding says that it was done.
pub fn retarget(head: &mut Project, base: &Project) -> Option<Finding> {
    let mut names: HashMap<String, TableName> = HashMap::new();
    let mut both = 0usize;
    for (id, node) in head.nodes.iter().chain(&head.sources) {
        let (Some(ours), Some(theirs)) = (&node.relation, base.node(id).and_then(|n| n.relation.as_ref())) else {
            continue;
        };
        both += 1;
        if ours.key(head.dialect) != theirs.key(head.dialect) {
            names.insert(ours.key(head.dialect).0, theirs.clone());
        }
    }
    if names.is_empty() {
        return None;
    }
    let renamed = names.len();
    let dialect = head.dialect;
    for node in head.nodes.values_mut().chain(head.sources.values_mut()) {
        if let Some(theirs) = node.relation.as_ref().and_then(|r| names.get(&r.key(dialect).0)) {
            node.relation = Some(theirs.clone());
        }
        if let Some(sql) = &node.compiled_code
            && let Some(rewritten) = rewrite(sql, &names, dialect)
        {
            node.compiled_code = Some(Arc::from(rewritten));
        }
    }
    let share = renamed * 100 / both.max(1);
    let text = format!(
        "{renamed} of {both} relations stand under other names than in the state ({share} %): another target; they were compared by unique id"
    );
    Some(if share > 30 { Finding::warning("other-target", text) } else { Finding::info("other-target", text) })
}

/// Replaces dotted names of at least two parts that stand in `names`. `None` when nothing was replaced.
fn rewrite(sql: &str, names: &HashMap<String, TableName>, dialect: Dialect) -> Option<String> {
    let mut out = String::with_capacity(sql.len());
    let mut changed = false;
    let mut rest = sql;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || matches!(c, '_' | '"' | '`' | '[' | '\'')) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let len = if from.starts_with('\'') { string_len(from) } else { dotted_len(from) };
        let (word, after) = from.split_at(len);
        let hit = word
            .contains('.')
            .then(|| TableName::parse(dialect, word))
            .flatten()
            .and_then(|n| names.get(&n.key(dialect).0));
        match hit {
            Some(new) => {
                let q = dialect.quote();
                let parts: Vec<String> = new.parts().map(|p| format!("{q}{p}{q}")).collect();
                out.push_str(&parts.join("."));
                changed = true;
            }
            None => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// Length of a string literal with its quotes (`''` stands for one).
fn string_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 1;
    while i < bytes.len() {
        if bytes[i] == b'\'' {
            if bytes.get(i + 1) == Some(&b'\'') {
                i += 1;
            } else {
                return i + 1;
            }
        }
        i += 1;
    }
    text.len()
}

/// Length of a run of identifiers joined by dots; at least one character.
fn dotted_len(text: &str) -> usize {
    let mut i = 0;
    loop {
        let rest = &text[i..];
        let close = match rest.chars().next() {
            Some('"') => '"',
            Some('`') => '`',
            Some('[') => ']',
            _ => '\0',
        };
        let part = if close != '\0' {
            rest[1..].find(close).map_or(rest.len(), |end| end + 2)
        } else {
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len())
        };
        i += part;
        if part == 0 || !text[i..].starts_with('.') {
            return i.max(text.chars().next().map_or(1, char::len_utf8));
        }
        i += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_replaced_and_strings_are_left_alone() {
        let name = |s: &str| TableName::parse(Dialect::Postgres, s).unwrap();
        let names = HashMap::from([("dev.me.orders".to_owned(), name("prod.marts.orders"))]);
        let sql = r#"select o.id, 'dev.me.orders' from "dev"."me"."orders" as o join dev.me.orders p on true join dev.me.other x on 'it''s' = 1 -- ünï"#;
        let out = rewrite(sql, &names, Dialect::Postgres).unwrap();
        assert_eq!(
            out,
            r#"select o.id, 'dev.me.orders' from "prod"."marts"."orders" as o join "prod"."marts"."orders" p on true join dev.me.other x on 'it''s' = 1 -- ünï"#
        );
        assert_eq!(rewrite("select 1", &names, Dialect::Postgres), None);
        for odd in ["\"", "[", "`a", "a.", "a..b", "'", "é.", "a.\"b"] {
            let _ = rewrite(odd, &names, Dialect::Postgres);
        }
    }
}
