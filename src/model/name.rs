//! Names of tables and columns: written, stored and compared. A *written* name may be quoted; the *stored* name is what
//! the engine keeps after folding; the *key* is what two stored names are compared by. Mixing the three up is the
//! commonest source of false "column dropped" alarms, so each has its own type or function.

use crate::dialect::Dialect;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An identifier as written in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ident {
    pub text: String,
    pub quoted: bool,
}

impl Ident {
    pub fn bare(text: impl Into<String>) -> Self {
        Ident { text: text.into(), quoted: false }
    }
    pub fn quoted(text: impl Into<String>) -> Self {
        Ident { text: text.into(), quoted: true }
    }
}

/// A table's stored name with as many parts as are known. Serialises as its dotted form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TableName {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
}

/// The comparable form of a [`TableName`] under one dialect: parts folded to their keys and joined by dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableKey(pub String);

impl TableName {
    pub fn new(database: Option<&str>, schema: Option<&str>, name: &str) -> Self {
        let own = |s: Option<&str>| s.filter(|s| !s.is_empty()).map(str::to_owned);
        TableName { database: own(database), schema: own(schema), name: name.to_owned() }
    }

    /// Reads a possibly quoted dotted name such as `"db"."Schema"."t"`, `` `p`.`d`.`t` ``, `[a].[b]` or `a.b.c` and
    /// stores it as `dialect` does. More than three parts: the leading ones join the database (`server.db`).
    /// `None` when no part is left.
    pub fn parse(dialect: Dialect, text: &str) -> Option<Self> {
        let folding = dialect.table_folding();
        let mut parts: Vec<String> = Vec::new();
        for ident in split_dotted(text) {
            // BigQuery quotes whole paths: `project.dataset.table`.
            if ident.quoted && dialect == Dialect::BigQuery && ident.text.contains('.') {
                parts.extend(ident.text.split('.').map(str::to_owned));
            } else if !ident.text.is_empty() {
                parts.push(folding.store(&ident.text, ident.quoted));
            }
        }
        Self::from_parts(parts)
    }

    /// Builds a name from stored parts, outermost first.
    pub fn from_parts(mut parts: Vec<String>) -> Option<Self> {
        let name = parts.pop()?;
        let schema = parts.pop();
        let database = if parts.is_empty() { None } else { Some(parts.join(".")) };
        Some(TableName { database, schema, name })
    }

    /// Fills absent outer parts from defaults.
    pub fn qualified(mut self, database: Option<&str>, schema: Option<&str>) -> Self {
        if self.schema.is_none() {
            self.schema = schema.filter(|s| !s.is_empty()).map(str::to_owned);
        }
        if self.schema.is_some() && self.database.is_none() {
            self.database = database.filter(|s| !s.is_empty()).map(str::to_owned);
        }
        self
    }

    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.database.as_deref().into_iter().chain(self.schema.as_deref()).chain(std::iter::once(self.name.as_str()))
    }

    pub fn key(&self, dialect: Dialect) -> TableKey {
        let folding = dialect.table_folding();
        let mut key = String::with_capacity(self.parts().map(|p| p.len() + 1).sum());
        for (i, part) in self.parts().enumerate() {
            if i > 0 {
                key.push('.');
            }
            folding.push_key(part, &mut key);
        }
        TableKey(key)
    }

    /// True when one name is a suffix of the other, comparing without case: how people write table names by hand.
    pub fn matches_loosely(&self, other: &TableName) -> bool {
        let (a, b) = (self.to_string().to_lowercase(), other.to_string().to_lowercase());
        a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        TableName::from_parts(text.split('.').map(str::to_owned).collect())
            .filter(|t| !t.name.is_empty())
            .ok_or_else(|| serde::de::Error::custom("empty table name"))
    }
}

/// Splits a dotted name at its dots, honouring `"…"`, `` `…` `` and `[…]` (doubled closing quotes stand for one).
pub fn split_dotted(text: &str) -> Vec<Ident> {
    let mut out = Vec::new();
    let mut chars = text.trim().chars().peekable();
    let mut current = Ident::bare("");
    while let Some(c) = chars.next() {
        match c {
            '.' => out.push(std::mem::replace(&mut current, Ident::bare(""))),
            '"' | '`' | '[' => {
                let close = if c == '[' { ']' } else { c };
                current.quoted = true;
                while let Some(d) = chars.next() {
                    if d == close {
                        if chars.peek() == Some(&close) {
                            chars.next();
                        } else {
                            break;
                        }
                    }
                    current.text.push(d);
                }
            }
            c => current.text.push(c),
        }
    }
    out.push(current);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stored_and_compared_by_their_dialect() {
        let cases = [
            (Dialect::Postgres, r#""Db"."public"."T x""#, "Db.public.T x", "Db.public.T x"),
            (Dialect::Postgres, "Db.Public.Orders", "db.public.orders", "db.public.orders"),
            (Dialect::Snowflake, "db.public.orders", "DB.PUBLIC.ORDERS", "DB.PUBLIC.ORDERS"),
            (Dialect::Snowflake, r#"DB."lower".orders"#, "DB.lower.ORDERS", "DB.lower.ORDERS"),
            (Dialect::DuckDb, r#""Shop"."Main"."Orders""#, "Shop.Main.Orders", "shop.main.orders"),
            (Dialect::BigQuery, "`p-1.Data.Orders`", "p-1.Data.Orders", "p-1.Data.Orders"),
            (Dialect::BigQuery, "`p-1`.`Data`.`Orders`", "p-1.Data.Orders", "p-1.Data.Orders"),
            (Dialect::TSql, "[srv].[db].[dbo].[T]]x]", "srv.db.dbo.T]x", "srv.db.dbo.t]x"),
            (Dialect::Postgres, r#""a""b""#, r#"a"b"#, r#"a"b"#),
        ];
        for (dialect, written, stored, key) in cases {
            let name = TableName::parse(dialect, written).expect(written);
            assert_eq!(name.to_string(), stored, "{written}");
            assert_eq!(name.key(dialect).0, key, "{written}");
        }
        assert_eq!(TableName::parse(Dialect::Postgres, ""), None);
    }

    #[test]
    fn defaults_fill_only_absent_parts() {
        let t = |s: &str| TableName::parse(Dialect::Postgres, s).expect(s).qualified(Some("d"), Some("s")).to_string();
        assert_eq!(t("t"), "d.s.t");
        assert_eq!(t("x.t"), "d.x.t");
        assert_eq!(t("y.x.t"), "y.x.t");
    }
}
