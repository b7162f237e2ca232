//! SELECTs with optional conditions and a page. The text is put together from literals only; every value is bound.

use crate::db::{Arg, Row, Session, args};
use crate::error::Failure;
use sqlx::AssertSqlSafe;
use tessera_ports::store::{Listed, Page};

/// `SELECT columns FROM table WHERE … ORDER BY … LIMIT …`, built up.
pub(crate) struct Select {
    columns: &'static str,
    from: &'static str,
    conditions: Vec<String>,
    args: Vec<Arg>,
    order: &'static str,
}

impl Select {
    pub(crate) fn new(columns: &'static str, from: &'static str, order: &'static str) -> Self {
        Select { columns, from, conditions: Vec::new(), args: Vec::new(), order }
    }

    /// A condition without a value.
    pub(crate) fn only(mut self, condition: &'static str) -> Self {
        self.conditions.push(condition.to_owned());
        self
    }

    /// A condition whose `?` is the value; left out without one.
    pub(crate) fn when(mut self, condition: &'static str, value: Option<impl Into<Arg>>) -> Self {
        if let Some(value) = value {
            self.args.push(value.into());
            self.conditions.push(condition.replace('?', &format!("${}", self.args.len())));
        }
        self
    }

    fn tail(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!(" WHERE {}", self.conditions.join(" AND ")) }
    }

    pub(crate) async fn page(self, session: &mut Session, page: Page) -> Result<Listed<Row>, Failure> {
        let (columns, from, order, tail) = (self.columns, self.from, self.order, self.tail());
        let mut sql = format!("SELECT {columns} FROM {from}{tail} ORDER BY {order}");
        let mut args = self.args.clone();
        if page.limit > 0 || page.offset > 0 {
            let limit = if page.limit == 0 { i64::MAX } else { i64::from(page.limit) };
            sql.push_str(&format!(" LIMIT ${} OFFSET ${}", args.len() + 1, args.len() + 2));
            args.extend(args![limit, page.offset]);
        }
        let items = session.rows(AssertSqlSafe(sql), args).await?;
        let seen = items.len() as u64;
        let cut = page.limit > 0 && seen == u64::from(page.limit);
        let past = seen == 0 && page.offset > 0;
        let total = if cut || past {
            let row = session.row(AssertSqlSafe(format!("SELECT count(*) FROM {from}{tail}")), self.args).await?;
            row.map_or(Ok(0), |r| r.count(0))?
        } else {
            u64::from(page.offset) + seen
        };
        Ok(Listed { items, total })
    }
}
