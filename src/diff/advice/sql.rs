//! The steps for tables: SQL of the warehouse, and dbt YAML. A view under the old name, a second column with a backfill, an
//! ALTER in place where the engine can; what it cannot is said.

mod keys;

use super::alters::{self, Engine};
use super::template::{self, fill};
use super::{Language, Phase, Step};
use crate::Options;
use crate::table::{Rename, TypeRules, renames};
use tessera_model::change::{Change, Judgment};
use tessera_model::{Column, Dialect, LogicalType, TableSchema};

/// Two tables, looked at once for all changes between them.
pub(super) struct About<'a> {
    engine: &'static Engine,
    dialect: Dialect,
    name: &'a str,
    old: &'a TableSchema,
    new: &'a TableSchema,
    rules: TypeRules,
    renames: Vec<Rename>,
    /// Columns that another one stands in for, because their type breaks readers or cannot be altered.
    replaced: Vec<String>,
}

impl<'a> About<'a> {
    pub(super) fn new(
        old: &'a TableSchema,
        new: &'a TableSchema,
        name: Option<&'a str>,
        changes: &[Change],
        options: &Options,
    ) -> Self {
        let dialect = if new.dialect == Dialect::Generic { old.dialect } else { new.dialect };
        let named = options.type_rules.as_deref();
        let rules = named.and_then(TypeRules::named).unwrap_or_else(|| TypeRules::of(dialect));
        let engine = alters::engine(named.unwrap_or(dialect.name()));
        let name = name.unwrap_or("<table>");
        let renames = renames(old, new, options);
        let mut about = About { engine, dialect, name, old, new, rules, renames, replaced: Vec::new() };
        about.replaced =
            changes.iter().filter_map(|c| c.column.clone().filter(|column| about.replaces(&c.rule, column))).collect();
        about
    }

    fn replaces(&self, rule: &str, column: &str) -> bool {
        match rule {
            "type-changed" | "field-removed" | "enum-value-added" => true,
            "type-widened" => !self.in_place(column),
            "type-narrowed" | "enum-value-removed" => {
                !(self.in_place(column) || self.engine.statement("retype").is_some() && self.any())
            }
            _ => false,
        }
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
}

/// The steps of one change.
struct Table<'a> {
    about: &'a About<'a>,
    steps: Vec<Step>,
}

impl<'a> std::ops::Deref for Table<'a> {
    type Target = About<'a>;
    fn deref(&self) -> &About<'a> {
        self.about
    }
}

pub(super) fn steps(change: &Change, about: &About<'_>) -> Vec<Step> {
    let mut table = Table { about, steps: Vec::new() };
    table.sql(change);
    table.dbt(change);
    table.steps.sort_by_key(|s| s.phase);
    table.steps
}

impl Table<'_> {
    fn sql(&mut self, change: &Change) {
        use Phase::{Contract, Expand, Migrate};
        let column = change.column.as_deref();
        let target = column.and_then(|c| self.new.column(c));
        let spelled = |c: Option<&Column>| c.and_then(|c| c.data_type.clone()).unwrap_or_else(|| "<type>".to_owned());
        let (was, is) = (spelled(column.and_then(|c| self.old.column(c))), spelled(target));
        match (change.rule.as_str(), column) {
            ("column-removed", Some(c)) => {
                match self.renames.iter().find(|r| r.old.eq_ignore_ascii_case(c)).map(|r| r.new.clone()) {
                    Some(now) => self.moved(c, &now),
                    None => {
                        self.say(Expand, "comment", &[("column", c), ("type", &was)]);
                        self.readers(c);
                        self.say(Contract, "drop", &[("column", c)]);
                    }
                }
            }
            ("type-changed" | "field-removed" | "enum-value-added", Some(c)) => self.beside(c, &is),
            ("type-widened", Some(c)) if self.replaces("type-widened", c) => self.beside(c, &is),
            ("type-widened", Some(c)) => {
                self.retype(Expand, c, &is);
                self.readers(c);
            }
            ("type-narrowed" | "enum-value-removed", Some(c)) => {
                self.text(
                    Migrate,
                    fill(
                        "SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND CAST(CAST({column} AS {type}) AS {was}) <> {column};\n-- must be 0; values that do not fit are mended by their writers first",
                        &[("table", &self.table()), ("column", &self.quoted(c)), ("type", &is), ("was", &was)],
                    ),
                );
                if self.replaces("type-narrowed", c) {
                    self.beside(c, &is);
                } else {
                    self.retype(Contract, c, &is);
                }
            }
            // The one that stands in is filled and tightened with it.
            ("nullable-removed", Some(c)) if self.replaced.iter().any(|r| r == c) => {}
            ("nullable-added", Some(c)) => {
                self.say(Expand, "default", &[("column", c), ("type", &is), ("default", "<value>")]);
                self.readers(c);
                self.say(Contract, "relax", &[("column", c), ("type", &is)]);
            }
            ("nullable-removed", Some(c)) => {
                self.say(Migrate, "fill-nulls", &[("column", c)]);
                self.say(Contract, "require", &[("column", c), ("type", &is)]);
            }
            // The removal's steps add it.
            ("column-added", Some(c)) if self.renames.iter().any(|r| r.new == c) => {}
            ("column-added", Some(c)) if change.writes == Judgment::Fails => {
                self.say(Expand, "add", &[("column", c), ("type", &is)]);
                self.say(Migrate, "fill-nulls", &[("column", c)]);
                self.say(Contract, "require", &[("column", c), ("type", &is)]);
            }
            ("column-case-changed", Some(c)) => {
                let now = change.after.as_str().unwrap_or(c).to_owned();
                self.moved(c, &now);
            }
            ("default-removed" | "default-changed", Some(c)) => {
                let default = change.before.as_str().unwrap_or("<value>").to_owned();
                self.say(Expand, "default", &[("column", c), ("type", &is), ("default", &default)]);
                self.text(Migrate, format!("-- let every writer give {} itself", self.quoted(c)));
                match change.after.as_str() {
                    Some(after) => self.say(Contract, "default", &[("column", c), ("type", &is), ("default", after)]),
                    None => self.say(Contract, "undefault", &[("column", c), ("type", &is)]),
                }
            }
            (rule, _) => self.of_keys(rule, change),
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
        let (before, after) = (self.about.old.column(column), self.about.new.column(column));
        self.promises(before, after, &second, to);
        self.say(Phase::Contract, "drop", &[("column", column)]);
        self.say(Phase::Contract, "rename", &[("column", &second), ("new", column)]);
        self.text(
            Phase::Contract,
            format!("-- rename together with the readers, or keep {} and say so in the schema", self.quoted(&second)),
        );
    }

    /// Another name for a column: both are there until the readers have moved.
    fn moved(&mut self, column: &str, now: &str) {
        let spelled = self.new.column(now).and_then(|c| c.data_type.clone());
        let to = spelled.or_else(|| self.old.column(column).and_then(|c| c.data_type.clone()));
        let to = to.unwrap_or_else(|| "<type>".to_owned());
        self.say(Phase::Expand, "add", &[("column", now), ("type", &to)]);
        if let (Some(rename), Some(view)) = (self.engine.statement("rename"), self.engine.statement("view")) {
            let (old, new, table) = (self.quoted(column), self.quoted(now), self.table());
            let rename = fill(rename, &[("table", &table), ("column", &old), ("new", &new)]);
            let view = fill(view, &[("table", &table), ("column", &new), ("new", &old)]);
            self.text(Phase::Expand, format!("-- or at once, and the old readers read the view: {rename} {view}"));
        }
        self.say(Phase::Migrate, "copy", &[("column", column), ("new", now)]);
        self.text(Phase::Migrate, "-- fill both from now on, until every reader has moved".to_owned());
        self.readers(column);
        let (before, after) = (self.about.old.column(column), self.about.new.column(now));
        self.promises(before, after, now, &to);
        self.say(Phase::Contract, "drop", &[("column", column)]);
    }

    /// What the new schema says of a column that stands in for another one.
    fn promises(&mut self, before: Option<&Column>, of: Option<&Column>, name: &str, to: &str) {
        let Some(of) = of else { return };
        if let Some(default) = &of.default {
            self.say(Phase::Expand, "default", &[("column", name), ("type", to), ("default", default)]);
        }
        if of.nullable == Some(false) {
            if before.is_none_or(|c| c.nullable != Some(false)) {
                self.say(Phase::Migrate, "fill-nulls", &[("column", name)]);
            }
            self.say(Phase::Contract, "require", &[("column", name), ("type", to)]);
        }
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

    fn say(&mut self, phase: Phase, word: &str, words: &[(&str, &str)]) {
        let table = self.table();
        let quoted: Vec<(&str, String)> = words
            .iter()
            .map(|(k, v)| (*k, if matches!(*k, "column" | "new") { self.quoted(v) } else { (*v).to_owned() }))
            .collect();
        let mut all: Vec<(&str, &str)> = quoted.iter().map(|(k, v)| (*k, v.as_str())).collect();
        // Part of a constraint's or an index's name.
        let plain = words.iter().find(|(k, _)| matches!(*k, "column" | "columns")).map_or("columns", |(_, v)| *v);
        let plain = plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join("_");
        all.extend([("table", table.as_str()), ("name", plain.as_str())]);
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
            Some(false) => "\n            constraints: [{type: not_null}]",
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
