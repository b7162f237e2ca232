//! A text that kills the parser (a stack that overflows ends the process) must not kill the daemon at every start. The store
//! remembers which texts were being analysed; a start that finds such a memory looks at these texts apart, first in groups and
//! then one by one, and sets aside the one over which the process dies again. A text set aside is unknown (`quarantined` in
//! coverage), never safe; it is tried again when it changes or Tessera does.

use crate::engine::Engine;
use crate::error::{EngineError, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use tessera_graph::GraphInput;
use tessera_lineage::{Catalog, Defaults};
use tessera_model::{Dialect, Fingerprint};
use tessera_ports::{Batch, Write};

/// A process may die for other reasons: a text is set aside when it is alone so often.
const STRIKES: u32 = 2;
/// So many deaths in a row that no single text explains: all texts of the analysis are set aside.
const DEATHS: u32 = 5;
/// Texts looked at together after a death.
const GROUP: usize = 64;
/// Why a node's SQL is not read.
const CAUSE: &str = "quarantined";

/// What the store remembers.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Book {
    /// Texts whose analysis has begun and not ended.
    running: BTreeSet<String>,
    /// Starts in a row that found `running` like that.
    deaths: u32,
    strikes: BTreeMap<String, u32>,
    set_aside: BTreeSet<String>,
}

impl Book {
    /// What a start learns from finding `running`, or the group `now` that was looked at apart. Returns the texts to look
    /// at one by one.
    fn found(&mut self, now: &[String]) -> BTreeSet<String> {
        match now {
            [] if self.running.is_empty() => {}
            [] => {
                self.deaths += 1;
                if self.deaths >= DEATHS {
                    self.set_aside.append(&mut self.running);
                    self.deaths = 0;
                }
            }
            [one] => {
                let strikes = self.strikes.entry(one.clone()).or_default();
                *strikes += 1;
                if *strikes >= STRIKES {
                    self.set_aside.insert(one.clone());
                    self.running.remove(one);
                    self.strikes.remove(one);
                    self.deaths = 0;
                }
            }
            _ => {}
        }
        now.iter().filter(|text| !self.set_aside.contains(*text)).cloned().collect()
    }

    fn survived(&mut self, texts: &[Text]) {
        for text in texts {
            self.running.remove(&text.print);
            self.strikes.remove(&text.print);
        }
        self.deaths = 0;
    }
}

/// The engine's side: what this process knows by itself.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    /// Read once, at the first analysis.
    book: Option<Book>,
    /// In analysis when an earlier process died.
    suspects: BTreeSet<String>,
    /// In a group over which an earlier process died.
    hot: BTreeSet<String>,
    /// Analysed by this process: harmless.
    tried: HashSet<String>,
}

/// A text that this process has not analysed yet.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    print: String,
    sql: Arc<str>,
    dialect: Dialect,
}

fn print_of(dialect: Dialect, sql: &str) -> String {
    let text = [env!("CARGO_PKG_VERSION"), dialect.name(), sql].join("\n");
    Fingerprint::of_bytes(text.as_bytes()).0
}

impl Engine {
    fn quarantine_name(&self, what: &str) -> String {
        // Replicas of one store must not take each other's work for a death.
        match &self.settings().server.replica {
            Some(replica) => format!("analysis.{what}.{replica}"),
            None => format!("analysis.{what}"),
        }
    }

    async fn remember<T: Serialize>(&self, what: &str, value: Option<&T>) -> Result<()> {
        let value = value.map(|v| serde_json::to_string(v).unwrap_or_default());
        let write = Write::PutSetting { name: self.quarantine_name(what), value };
        Ok(self.store().commit(Batch { writes: vec![write], ..Batch::default() }).await?)
    }

    async fn recall<T: Default + serde::de::DeserializeOwned>(&self, what: &str) -> Result<T> {
        let text = self.store().setting(&self.quarantine_name(what)).await?;
        Ok(text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default())
    }

    /// How many texts are set aside.
    pub async fn texts_set_aside(&self) -> Result<usize> {
        Ok(self.recall::<Book>("book").await?.set_aside.len())
    }

    /// Forgets what is set aside, so that the next start tries it again. Returns how many texts that were.
    pub async fn release_texts(&self) -> Result<usize> {
        let mut book: Book = self.recall("book").await?;
        let released = std::mem::take(&mut book.set_aside).len();
        self.remember("book", Some(&book)).await?;
        Ok(released)
    }

    /// Before an analysis: takes out what is set aside, looks apart at what is suspect, and notes what begins.
    pub(crate) async fn before_analysis(&self, input: &mut GraphInput) -> Result<Vec<Text>> {
        let mut own = self.quarantine.lock().await;
        if own.book.is_none() {
            self.learn(&mut own).await?;
        }
        let own = &mut *own;
        let Some(book) = &mut own.book else { return Ok(Vec::new()) };
        let mut fresh = Vec::new();
        for node in &mut input.world.nodes {
            let Some(sql) = &node.sql else { continue };
            let print = print_of(node.dialect, sql);
            if book.set_aside.contains(&print) {
                node.sql = None;
                node.cause = Some(CAUSE.to_owned());
            } else if !own.tried.contains(&print) {
                fresh.push(Text { print, sql: sql.clone(), dialect: node.dialect });
            }
        }
        if fresh.is_empty() {
            return Ok(fresh);
        }
        let (hot, rest): (Vec<&Text>, Vec<&Text>) =
            fresh.iter().filter(|t| own.suspects.contains(&t.print)).partition(|t| own.hot.contains(&t.print));
        for group in hot.chunks(1).chain(rest.chunks(GROUP)) {
            self.apart(group).await?;
        }
        for text in &fresh {
            own.suspects.remove(&text.print);
            own.hot.remove(&text.print);
        }
        book.running.extend(fresh.iter().map(|t| t.print.clone()));
        self.remember("book", Some(&*book)).await?;
        Ok(fresh)
    }

    /// After it, however it ended: the process lives.
    pub(crate) async fn after_analysis(&self, fresh: Vec<Text>) -> Result<()> {
        if fresh.is_empty() {
            return Ok(());
        }
        let mut own = self.quarantine.lock().await;
        let own = &mut *own;
        let Some(book) = &mut own.book else { return Ok(()) };
        book.survived(&fresh);
        self.remember("book", Some(&*book)).await?;
        own.tried.extend(fresh.into_iter().map(|t| t.print));
        Ok(())
    }

    async fn learn(&self, own: &mut Quarantine) -> Result<()> {
        let mut book: Book = self.recall("book").await?;
        let now: Vec<String> = self.recall("now").await?;
        let known = book.set_aside.len();
        let died = !book.running.is_empty() || !now.is_empty();
        own.hot = book.found(&now);
        own.suspects = book.running.union(&own.hot).cloned().collect();
        if died {
            let texts = own.suspects.len();
            tracing::warn!(texts, "an earlier process ended while it analysed SQL: its texts are looked at apart");
            self.remember("book", Some(&book)).await?;
            self.remember::<Vec<String>>("now", None).await?;
        }
        if book.set_aside.len() > known {
            let texts = book.set_aside.len() - known;
            tracing::error!(
                texts,
                "set aside: their analysis ended the process again and again; who they read is unknown"
            );
        }
        book.running.clear();
        own.book = Some(book);
        Ok(())
    }

    /// Analyses a few texts with nothing else going on.
    async fn apart(&self, group: &[&Text]) -> Result<()> {
        let prints: Vec<&str> = group.iter().map(|t| t.print.as_str()).collect();
        self.remember("now", Some(&prints)).await?;
        let texts: Vec<Text> = group.iter().map(|t| (*t).clone()).collect();
        tokio::task::spawn_blocking(move || {
            for text in texts {
                let catalog = Catalog::new(text.dialect);
                tessera_lineage::analyze(&text.sql, text.dialect, &catalog, &Defaults::default());
            }
        })
        .await
        .map_err(|e| EngineError::unavailable(format!("looking at a text failed: {e}")))?;
        self.remember::<Vec<String>>("now", None).await
    }
}

#[cfg(test)]
mod tests;
