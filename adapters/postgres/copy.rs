//! COPY's text format, one row: fields between tabs, `\N` for NULL, backslash escapes. Fields without a backslash (nearly
//! all) are borrowed from the network buffer.

use crate::error::{explain, is_statement_failure};
use crate::session::{Session, silence};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::ReadyChunks;
use std::borrow::Cow;
use std::pin::Pin;
use std::str::Split;
use std::time::Duration;
use tessera_ports::warehouse::WarehouseError;
use tokio_postgres::CopyOutStream;

/// A row that is not what the query promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Garbled {
    #[error("a text that is not valid UTF-8")]
    NotUtf8,
    #[error("too few fields in a row")]
    Short,
    #[error("a field that is not a number or is unexpectedly null")]
    Value,
}

/// The fields of one row, taken from left to right.
pub(crate) struct Fields<'a> {
    fields: Split<'a, char>,
    escaped: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(row: &'a [u8]) -> Result<Self, Garbled> {
        let row = row.strip_suffix(b"\n").unwrap_or(row);
        let text = std::str::from_utf8(row).map_err(|_| Garbled::NotUtf8)?;
        Ok(Fields { fields: text.split('\t'), escaped: row.contains(&b'\\') })
    }

    pub(crate) fn text(&mut self) -> Result<Option<Cow<'a, str>>, Garbled> {
        let field = self.fields.next().ok_or(Garbled::Short)?;
        if !self.escaped || !field.contains('\\') {
            return Ok(Some(Cow::Borrowed(field)));
        }
        if field == "\\N" {
            return Ok(None);
        }
        Ok(Some(Cow::Owned(unescape(field))))
    }

    pub(crate) fn owned(&mut self) -> Result<Option<String>, Garbled> {
        Ok(self.text()?.map(Cow::into_owned))
    }

    pub(crate) fn required(&mut self) -> Result<Cow<'a, str>, Garbled> {
        self.text()?.ok_or(Garbled::Value)
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Result<T, Garbled> {
        self.fields.next().ok_or(Garbled::Short)?.parse().map_err(|_| Garbled::Value)
    }

    /// `t` or `f`; NULL is false.
    pub(crate) fn flag(&mut self) -> Result<bool, Garbled> {
        Ok(self.fields.next().ok_or(Garbled::Short)? == "t")
    }
}

/// The leading number of a row, readable even when the rest of it is not text.
pub(crate) fn leading_number(row: &[u8]) -> Option<u32> {
    let end = row.iter().position(|b| *b == b'\t')?;
    std::str::from_utf8(&row[..end]).ok()?.parse().ok()
}

fn unescape(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some(other) => other,
            None => '\\',
        });
    }
    out
}

/// Why a COPY ended early.
#[derive(Debug)]
pub(crate) enum CopyFailure {
    Server(tokio_postgres::Error),
    /// Nothing came for longer than the server would have been allowed to take.
    Silence,
}

impl CopyFailure {
    pub(crate) fn explain(&self, doing: &str) -> WarehouseError {
        match self {
            CopyFailure::Server(e) => explain(doing, e),
            CopyFailure::Silence => silence(doing),
        }
    }

    /// True when the transaction can go on after a rollback to its savepoint.
    pub(crate) fn is_statement_failure(&self) -> bool {
        matches!(self, CopyFailure::Server(e) if is_statement_failure(e))
    }
}

/// The rows of one COPY, as many at a time as have arrived.
pub(crate) struct Rows {
    stream: Pin<Box<ReadyChunks<CopyOutStream>>>,
    patience: Duration,
}

impl Rows {
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Bytes>>, CopyFailure> {
        match tokio::time::timeout(self.patience, self.stream.next()).await {
            Err(_) => Err(CopyFailure::Silence),
            Ok(None) => Ok(None),
            Ok(Some(chunk)) => chunk.into_iter().collect::<Result<_, _>>().map(Some).map_err(CopyFailure::Server),
        }
    }
}

impl Session {
    pub(crate) async fn copy(&self, sql: &'static str) -> Result<Rows, CopyFailure> {
        let started = tokio::time::timeout(self.patience, self.client.copy_out(sql)).await;
        let stream = started.map_err(|_| CopyFailure::Silence)?.map_err(CopyFailure::Server)?;
        Ok(Rows { stream: Box::pin(stream.ready_chunks(512)), patience: self.patience })
    }

    pub(crate) async fn copy_all(&self, sql: &'static str) -> Result<Vec<Bytes>, CopyFailure> {
        let mut rows = self.copy(sql).await?;
        let mut all = Vec::new();
        while let Some(chunk) = rows.next().await? {
            all.extend(chunk);
        }
        Ok(all)
    }
}
