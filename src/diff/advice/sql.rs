//! The steps for tables: SQL of the warehouse, and dbt YAML. A view under the old name, a second column with a backfill, an
//! ALTER in place where the engine can; what it cannot is said.

use super::alters::{self, Engine};
use super::template::{self, fill};
use super::{Language, Phase, Step};
use crate::Options;
use crate::table::{TypeRules, renames};
use tessera_model::change::{Change, Judgment};
use tessera_model::{Column, Dialect, LogicalType, TableSchema};

struct Table<'a> {
    engine: &'static Engine,
    dialect: Dialect,
    name: &'a str,
    old: &'a TableSchema,
    new: &'a TableSchema,
    rules: TypeRules,
    steps: Vec<Step>,
}

pub(super) fn steps(
    change: &Change,
    old: &TableSchema,
    new: &TableSchema,
    name: Option<&str>,
    options: &Options,
) -> Vec<Step> {
    let dialect = if new.dialect == Dialect::Generic { old.dialect } else { new.dialect };
    let named = options.type_rules.as_deref();
    let rules = named.and_then(TypeRules::named).unwrap_or_else(|| TypeRules::of(dialect));
    let engine = alters::engine(named.unwrap_or(dialect.name()));
    let name = name.unwrap_or("<table>");
    let mut table = Table { engine, dialect, name, old, new, rules, steps: Vec::new() };
    table.sql(change, options);
    table.dbt(change);
    table.steps.sort_by_key(|s| s.phase);
    table.steps
}

impl Table<'_> {
    fn sql(&mut self, change: &Change, options: &Options) {
        use Phase::{Contract, Expand, Migrate};
        let column = change.column.as_deref();
        let target = column.and_then(|c| self.new.column(c));
        let spelled = |c: Option<&Column>| c.and_then(|c| c.data_type.clone()).unwrap_or_else(|| "<type>".to_owned());
        let (was, is) = (spelled(column.and_then(|c| self.old.column(c))), spelled(target));
        match (change.rule.as_str(), column) {
            ("column-removed", Some(c)) => {
                let renamed = renames(self.old, self.new, options).into_iter().find(|r| r.old.eq_ignore_ascii_case(c));
                match renamed {
                    Some(r) => self.say(Expand, "view", &[("column", &r.new), ("new", c)]),
                    None => self.say(Expand, "comment", &[("column", c), ("type", &was)]),
                }
                self.readers(c);
                match renames(self.old, self.new, options).iter().any(|r| r.old.eq_ignore_ascii_case(c)) {
                    true => self.text(Contract, format!("DROP VIEW {}_compat;", self.table())),
                    false => self.say(Contract, "drop", &[("column", c)]),
                }
            }
            ("type-changed" | "field-removed" | "enum-value-added", Some(c)) => self.beside(c, &is),
            ("type-widened", Some(c)) => {
                if self.in_place(c) {
                    self.retype(Expand, c, &is);
                    self.readers(c);
                } else {
                    self.beside(c, &is);
                }
            }
            ("type-narrowed" | "enum-value-removed", Some(c)) => {
                self.text(
                    Migrate,
                    fill(
                        "SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND CAST(CAST({column} AS {type}) AS {was}) <> {column};\n-- must be 0; values that do not fit are mended by their writers first",
                        &[("table", &self.table()), ("column", &self.quoted(c)), ("type", &is), ("was", &was)],
                    ),
                );
                if self.in_place(c) || self.engine.statement("retype").is_some() && self.any() {
                    self.retype(Contract, c, &is);
                } else {
                    self.beside(c, &is);
                }
            }
            ("nullable-added", Some(c)) => {
                self.say(Expand, "default", &[("column", c), ("default", "<value>")]);
                self.readers(c);
                self.say(Contract, "relax", &[("column", c), ("type", &is)]);
            }
            ("nullable-removed", Some(c)) => {
                self.say(Migrate, "fill-nulls", &[("column", c)]);
                self.say(Contract, "require", &[("column", c), ("type", &is)]);
            }
            ("column-added", Some(c)) if change.writes == Judgment::Fails => {
                self.say(Expand, "add", &[("column", c), ("type", &is)]);
                self.say(Migrate, "fill-nulls", &[("column", c)]);
                self.say(Contract, "require", &[("column", c), ("type", &is)]);
            }
            ("column-case-changed", Some(c)) => {
                let now = change.after.as_str().unwrap_or(c).to_owned();
                self.say(Expand, "view", &[("column", &now), ("new", c)]);
                self.readers(c);
                self.text(Contract, format!("DROP VIEW {}_compat;", self.table()));
            }
            ("default-removed" | "default-changed", Some(c)) => {
                let default = change.before.as_str().unwrap_or("<value>").to_owned();
                self.say(Expand, "default", &[("column", c), ("default", &default)]);
                self.text(Migrate, format!("-- let every writer give {} itself", self.quoted(c)));
            }
            ("primary-key-removed" | "primary-key-changed", _) => self.keys("primary-key", &change.before),
            ("primary-key-added", _) => self.keys("primary-key", &change.after),
            ("unique-removed", _) => self.keys("unique", &change.before),
            ("unique-added", _) => self.keys("unique", &change.after),
            ("foreign-key-removed" | "foreign-key-added", _) => {
                let key = if change.before.is_null() { &change.after } else { &change.before };
                let words = |at: &str| list(&key[at]);
                let other = format!("{} ({})", key["table"].as_str().unwrap_or("<table>"), words("references"));
                self.say(Expand, "foreign-key", &[("columns", &words("columns")), ("other", &other)]);
            }
            _ => {}
        }
    }

    /// A second column, filled beside the first.
    fn beside(&mut self, column: &str, to: &str) {
        let second = format!("{column}_v2");
        if let Some(note) = self.engine.statement("note").filter(|_| self.dialect == Dialect::Postgres) {
            self.text(
                Phase::Expand,
                format!("-- a second column, because an ALTER of the type breaks readers; besides, {note}"),
            );
        }
        self.say(Phase::Expand, "add", &[("column", &second), ("type", to)]);
        self.say(Phase::Migrate, "fill", &[("column", column), ("new", &second), ("type", to)]);
        self.text(
            Phase::Migrate,
            format!("-- fill both from now on, until every reader of {} has moved", self.quoted(column)),
        );
        self.readers(column);
        self.say(Phase::Contract, "drop", &[("column", column)]);
    }

    fn retype(&mut self, phase: Phase, column: &str, to: &str) {
        if let Some(note) = self.engine.statement("note") {
            self.text(phase, format!("-- {note}"));
        }
        self.say(phase, "retype", &[("column", column), ("type", to)]);
    }

    fn readers(&mut self, column: &str) {
        let model = self.model();
        self.text(Phase::Migrate, format!("-- move the readers: tessera who-uses {model}.{column} names them"));
    }

    fn keys(&mut self, word: &str, columns: &serde_json::Value) {
        let columns = list(columns);
        self.text(
            Phase::Migrate,
            format!(
                "SELECT {columns}, count(*) FROM {} GROUP BY {columns} HAVING count(*) > 1;\n-- must be empty while readers join or deduplicate by it",
                self.table()
            ),
        );
        self.say(Phase::Expand, word, &[("columns", &columns)]);
    }

    fn in_place(&self, column: &str) -> bool {
        let read = |t: &TableSchema| {
            t.column(column)
                .and_then(|c| c.data_type.as_deref())
                .map_or(LogicalType::Unknown, |text| self.rules.parse(t.dialect, text))
        };
        self.engine.alters(&read(self.old), &read(self.new), self.rules.digits())
    }

    fn any(&self) -> bool {
        self.engine.alters(&LogicalType::TEXT, &LogicalType::Bool, 6)
    }

    fn say(&mut self, phase: Phase, word: &str, words: &[(&str, &str)]) {
        let table = self.table();
        let quoted: Vec<(&str, String)> = words
            .iter()
            .map(|(k, v)| (*k, if matches!(*k, "column" | "new") { self.quoted(v) } else { (*v).to_owned() }))
            .collect();
        let mut all: Vec<(&str, &str)> = quoted.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let plain = words.iter().find(|(k, _)| *k == "column").map_or("columns", |(_, v)| *v);
        all.extend([("table", table.as_str()), ("name", plain)]);
        let text = match self.engine.statement(word) {
            Some(statement) => fill(statement, &all),
            None => {
                let what = words.iter().find(|(k, _)| matches!(*k, "column" | "columns")).map_or("it", |(_, v)| *v);
                format!(
                    "-- {} cannot alter this ({word} of {what}): build a new table and swap the names, or a view under the old name",
                    self.dialect
                )
            }
        };
        self.text(phase, text);
    }

    fn text(&mut self, phase: Phase, text: String) {
        self.steps.push(Step { phase, language: Language::Sql, text });
    }

    fn dbt(&mut self, change: &Change) {
        let Some(texts) = template::book(Language::Dbt).and_then(|b| b.of(&change.rule)) else { return };
        if change.rule == "column-added" && change.writes != Judgment::Fails {
            return;
        }
        let column = change.column.clone().unwrap_or_else(|| "<column>".to_owned());
        // What the consumers of the old version relied on is promised in the new one too, where it can be.
        let target = self.new.column(&column);
        let data_type = target.and_then(|c| c.data_type.clone()).unwrap_or_else(|| "<type>".to_owned());
        let constraints = match target.and_then(|c| c.nullable) {
            Some(false) => "\n          constraints: [{type: not_null}]",
            _ => "",
        };
        let model = self.model();
        let words =
            [("model", model.as_str()), ("column", &column), ("type", &data_type), ("constraints", constraints)];
        let steps: Vec<Step> = texts
            .iter()
            .map(|(phase, text)| Step { phase: *phase, language: Language::Dbt, text: fill(text, &words) })
            .collect();
        self.steps.extend(steps);
    }

    fn table(&self) -> String {
        if self.name.starts_with('<') {
            return self.name.to_owned();
        }
        self.name.split('.').map(|part| self.quoted(part)).collect::<Vec<_>>().join(".")
    }

    fn model(&self) -> String {
        match self.name.rsplit('.').next() {
            Some(last) if !last.starts_with('<') => last.to_owned(),
            _ => "<model>".to_owned(),
        }
    }

    fn quoted(&self, name: &str) -> String {
        crate::table::quoted(self.dialect, name)
    }
}

fn list(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.as_str().unwrap_or("<columns>").to_owned(),
    }
}
