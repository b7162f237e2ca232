//! Steps for keys: what readers rely on is looked at first, constraints come and go last.

use super::super::Phase;
use super::super::template::fill;
use super::Table;
use serde_json::Value;
use tessera_model::change::Change;

impl Table<'_> {
    pub(super) fn of_keys(&mut self, rule: &str, change: &Change) {
        let (before, after) = (&change.before, &change.after);
        match rule {
            "primary-key-removed" => self.unkey("primary-key", "pkey", before),
            "primary-key-changed" => {
                self.unkey("primary-key", "pkey", before);
                self.key("primary-key", after);
            }
            "primary-key-added" => self.key("primary-key", after),
            "unique-removed" => self.unkey("unique", "key", before),
            "unique-added" => self.key("unique", after),
            "foreign-key-removed" => self.unkey("foreign-key", "fkey", before),
            "foreign-key-added" => self.refer(after),
            _ => {}
        }
    }

    fn key(&mut self, word: &str, columns: &Value) {
        let columns = self.columns(columns);
        self.duplicates(&columns, "must be empty; what is there twice is mended by its writers first");
        self.say(Phase::Contract, word, &[("columns", &columns)]);
    }

    fn unkey(&mut self, word: &str, ending: &str, key: &Value) {
        let names = if key.is_object() { &key["columns"] } else { key };
        if !key.is_object() {
            let columns = self.columns(names);
            self.duplicates(&columns, "must stay empty while readers join or deduplicate by it");
        }
        let plain = self.model();
        let of: Vec<&str> = match (ending, names.as_array()) {
            ("pkey", _) | (_, None) => Vec::new(),
            (_, Some(names)) => names.iter().filter_map(Value::as_str).collect(),
        };
        // The name that PostgreSQL gives a constraint without one.
        let named = std::iter::once(plain.as_str()).chain(of).chain([ending]).collect::<Vec<_>>().join("_");
        let named = if plain.starts_with('<') { "<constraint>".to_owned() } else { self.quoted(&named) };
        let columns = self.columns(names);
        self.say(Phase::Contract, &format!("drop-{word}"), &[("columns", &columns), ("constraint", &named)]);
    }

    fn refer(&mut self, key: &Value) {
        let (columns, other) = (self.columns(&key["columns"]), key["table"].as_str().unwrap_or("<table>"));
        let there = self.columns(&key["references"]);
        let at = |names: &str, side: &str| names.split(", ").map(|n| format!("{side}.{n}")).collect::<Vec<_>>();
        let same: Vec<String> =
            at(&columns, "o").iter().zip(at(&there, "r")).map(|(a, b)| format!("{a} = {b}")).collect();
        let first = columns.split(", ").next().unwrap_or_default();
        let words = [
            ("table", self.table()),
            ("first", first.to_owned()),
            ("other", other.to_owned()),
            ("same", same.join(" AND ")),
        ];
        let words: Vec<(&str, &str)> = words.iter().map(|(k, v)| (*k, v.as_str())).collect();
        self.text(
            Phase::Migrate,
            fill(
                "SELECT count(*) FROM {table} o WHERE o.{first} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {other} r WHERE {same});\n-- must be 0; rows that lead nowhere are mended by their writers first",
                &words,
            ),
        );
        let other = format!("{other} ({there})");
        self.say(Phase::Contract, "foreign-key", &[("columns", &columns), ("other", &other)]);
    }

    fn duplicates(&mut self, columns: &str, until: &str) {
        let table = self.table();
        self.text(
            Phase::Migrate,
            format!("SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1;\n-- {until}"),
        );
    }

    /// Names as they are written, with commas.
    fn columns(&self, names: &Value) -> String {
        match names {
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).map(|n| self.quoted(n)).collect::<Vec<_>>().join(", ")
            }
            other => other.as_str().map_or_else(|| "<columns>".to_owned(), |n| self.quoted(n)),
        }
    }
}
