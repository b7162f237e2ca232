//! One node after the other: parse what is new, order, bind level by level, and put the answers together.

use super::cache::{Bound, Cache, ENGINE_VERSION, Finished, Key, Named};
use super::index::NameIndex;
use super::{NodeInput, NodeLineage, World, WorldLineage, order, shape, through};
use crate::bind::{self, Spelling};
use crate::catalog::Catalog;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tessera_model::lineage::{QueryLineage, Resolution};
use tessera_model::table::Origin;
use tessera_model::{Dialect, TableName, TableSchema};
use tessera_sql::{Limits, Mention, Script};

/// Below this many nodes a level is not worth threads.
const PARALLEL_FROM: usize = 4;

/// What is known of a node before it is bound.
struct Text {
    key: Key,
    mentions: Arc<Vec<Named>>,
    /// Parsed already, when the cache did not know the text.
    script: Option<Script>,
}

/// Which of a text's mentions is which node.
type Read = (usize, usize);

pub(super) fn analyze(world: &World, cache: &mut Cache) -> WorldLineage {
    cache.begin();
    let mut dialects: Vec<Dialect> = world.nodes.iter().map(|n| n.dialect).collect();
    dialects.sort_unstable();
    dialects.dedup();
    let mut relations: NameIndex<usize> = NameIndex::new(&dialects);
    let mut ids: HashMap<&str, usize> = HashMap::with_capacity(world.nodes.len());
    for (i, node) in world.nodes.iter().enumerate() {
        ids.insert(&node.id, i);
    }
    // A source of one project may be a model of another: who knows most stands for the relation.
    let mut by_knowledge: Vec<usize> = (0..world.nodes.len()).collect();
    by_knowledge.sort_by_key(|i| knowledge(&world.nodes[*i]));
    for i in &by_knowledge {
        if let Some(relation) = &world.nodes[*i].relation {
            relations.insert(relation, i);
        }
    }
    let workers = Workers::default();
    let texts = texts(world, cache, &workers);
    let mut reads: Vec<Vec<Read>> = Vec::with_capacity(world.nodes.len());
    let mut needs: Vec<Vec<usize>> = Vec::with_capacity(world.nodes.len());
    for (i, node) in world.nodes.iter().enumerate() {
        let mut need: Vec<usize> = node.upstream.iter().filter_map(|id| ids.get(id.as_str()).copied()).collect();
        need.extend(node.aliases.iter().filter_map(|(_, id)| ids.get(id.as_str()).copied()));
        let mut read: Vec<Read> = Vec::new();
        for (at, named) in texts[i].iter().flat_map(|t| t.mentions.iter().enumerate()) {
            let alias = node.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&named.name.name));
            let found = match alias.filter(|_| named.bare) {
                Some((_, id)) => ids.get(id.as_str()).copied(),
                None => relations.get_by_key(&named.name, &named.key, node.dialect).copied(),
            };
            if let Some(found) = found {
                if !named.maybe_cte {
                    need.push(found);
                }
                read.push((at, found));
            }
        }
        reads.push(read);
        needs.push(need);
    }

    let mut texts = texts;
    let mut done: Vec<Option<Arc<NodeLineage>>> = vec![None; world.nodes.len()];
    // What a shape is to its readers, hashed once for all of them.
    let mut prints: Vec<Option<Key>> = vec![None; world.nodes.len()];
    // Whoever reads a node without a relation reads what that node reads: its whole answer is part of the question.
    let mut keys: Vec<Option<Key>> = vec![None; world.nodes.len()];
    for level in order::levels(&needs) {
        let mut jobs = Vec::new();
        for i in level {
            let node = &world.nodes[i];
            let Some(text) = texts[i].take() else {
                let lineage = without_sql(node, &ids, &done);
                prints[i] = Some(print_of(&lineage.schema));
                done[i] = Some(Arc::new(lineage));
                continue;
            };
            let key = bound_key(world, i, &text, &reads[i], &prints, &keys);
            keys[i] = Some(key);
            match cache.bound(&key) {
                Some(bound) => place(i, node, &bound, cache, &mut done, &mut prints),
                None => jobs.push((i, key, text)),
            }
        }
        let bind = |(i, key, text): (usize, Key, Text)| {
            let bound = bind_node(&world.nodes[i], i, text, &reads[i], &done);
            (i, key, Arc::new(bound))
        };
        let results: Vec<(usize, Key, Arc<Bound>)> =
            if jobs.len() < PARALLEL_FROM { jobs.into_iter().map(bind).collect() } else { workers.map(jobs, bind) };
        for (i, key, bound) in results {
            place(i, &world.nodes[i], &bound, cache, &mut done, &mut prints);
            cache.keep_bound(key, bound);
        }
    }
    cache.end();

    let mut nodes = BTreeMap::new();
    let mut index = NameIndex::new(&dialects);
    for i in by_knowledge {
        let node = &world.nodes[i];
        if let Some(relation) = &node.relation {
            index.insert(relation, &node.id);
        }
    }
    for (node, lineage) in world.nodes.iter().zip(done) {
        if let Some(lineage) = lineage {
            nodes.insert(node.id.clone(), lineage);
        }
    }
    WorldLineage { nodes, relations: index }
}

fn knowledge(node: &NodeInput) -> u8 {
    match (&node.sql, &node.known) {
        (Some(_), _) => 2,
        (None, Some(known)) if !known.open => 1,
        _ => 0,
    }
}

/// A pool of wide stacks, made when first needed.
#[derive(Default)]
struct Workers(std::cell::OnceCell<Option<rayon::ThreadPool>>);

impl Workers {
    fn map<T: Send, R: Send>(&self, jobs: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        let pool = self.0.get_or_init(|| {
            rayon::ThreadPoolBuilder::new()
                .stack_size(tessera_sql::STACK_BYTES)
                .start_handler(|_| tessera_sql::mark_wide())
                .thread_name(|i| format!("sql-{i}"))
                .build()
                .ok()
        });
        match pool {
            Some(pool) => pool.install(|| jobs.into_par_iter().map(work).collect()),
            // No threads to be had: one after the other, right here.
            None => jobs.into_iter().map(work).collect(),
        }
    }
}

fn texts(world: &World, cache: &mut Cache, workers: &Workers) -> Vec<Option<Text>> {
    let mut out: Vec<Option<Text>> = Vec::with_capacity(world.nodes.len());
    let mut jobs = Vec::new();
    for (i, node) in world.nodes.iter().enumerate() {
        let Some(sql) = &node.sql else {
            out.push(None);
            continue;
        };
        let key = text_key(node, sql);
        match cache.mentions(&key) {
            Some(mentions) => out.push(Some(Text { key, mentions, script: None })),
            None => {
                jobs.push((i, key, Arc::clone(sql)));
                out.push(None);
            }
        }
    }
    let parse = |(i, key, sql): (usize, Key, Arc<str>)| {
        let node = &world.nodes[i];
        let script = tessera_sql::parse(&sql, node.dialect, &Limits::default());
        let mentions = Arc::new(script.mentions().iter().filter_map(|m| named(node, m)).collect());
        (i, Text { key, mentions, script: Some(script) })
    };
    let parsed: Vec<(usize, Text)> =
        if jobs.len() < PARALLEL_FROM { jobs.into_iter().map(parse).collect() } else { workers.map(jobs, parse) };
    for (i, text) in parsed {
        cache.keep_mentions(text.key, Arc::clone(&text.mentions));
        out[i] = Some(text);
    }
    out
}

fn text_key(node: &NodeInput, sql: &str) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&ENGINE_VERSION.to_le_bytes());
    for part in [
        node.dialect.name(),
        node.defaults.database.as_deref().unwrap_or_default(),
        node.defaults.schema.as_deref().unwrap_or_default(),
        sql,
    ] {
        field(&mut hasher, part);
    }
    // Reads of itself are taken out of the answer, so its own name is part of the question.
    field(&mut hasher, &node.relation.as_ref().map(ToString::to_string).unwrap_or_default());
    for (alias, id) in &node.aliases {
        field(&mut hasher, alias);
        field(&mut hasher, id);
    }
    *hasher.finalize().as_bytes()
}

fn field(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn bound_key(
    world: &World,
    own: usize,
    text: &Text,
    reads: &[Read],
    prints: &[Option<Key>],
    keys: &[Option<Key>],
) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&text.key);
    for (at, found) in reads {
        let node = &world.nodes[*found];
        hasher.update(&(*at as u64).to_le_bytes());
        if let Some(relation) = &node.relation {
            for part in relation.parts() {
                field(&mut hasher, part);
            }
        } else if let Some(key) = &keys[*found] {
            hasher.update(key);
        }
        if *found == own {
            if let Some(known) = &node.known {
                hasher.update(&print_of(known));
            }
        } else if let Some(print) = &prints[*found] {
            hasher.update(print);
        }
    }
    *hasher.finalize().as_bytes()
}

/// What a shape means to its readers: names, types, nullability, and whether there may be more.
fn print_of(schema: &TableSchema) -> Key {
    let mut hasher = blake3::Hasher::new();
    field(&mut hasher, schema.dialect.name());
    hasher.update(&[u8::from(schema.open)]);
    for column in &schema.columns {
        field(&mut hasher, &column.name);
        field(&mut hasher, column.data_type.as_deref().unwrap_or_default());
        hasher.update(&[match column.nullable {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        }]);
    }
    *hasher.finalize().as_bytes()
}

fn named(node: &NodeInput, mention: &Mention) -> Option<Named> {
    let folding = node.dialect.table_folding();
    let mut parts = Vec::with_capacity(3);
    for part in &mention.parts {
        if part.quoted && node.dialect == Dialect::BigQuery && part.text.contains('.') {
            parts.extend(part.text.split('.').map(str::to_owned));
        } else {
            parts.push(folding.store(&part.text, part.quoted));
        }
    }
    let name = TableName::from_parts(parts)?;
    let name = name.qualified(node.defaults.database.as_deref(), node.defaults.schema.as_deref());
    let key = name.key(node.dialect).0;
    Some(Named { name, key, bare: mention.parts.len() == 1, maybe_cte: mention.maybe_cte })
}

fn bind_node(node: &NodeInput, own: usize, text: Text, reads: &[Read], done: &[Option<Arc<NodeLineage>>]) -> Bound {
    let script = text.script.unwrap_or_else(|| match &node.sql {
        Some(sql) => tessera_sql::parse(sql, node.dialect, &Limits::default()),
        None => Script::default(),
    });
    let mut catalog = Catalog::new(node.dialect);
    let mut stands_for = Vec::new();
    for (at, found) in reads {
        let name = &text.mentions[*at].name;
        if *found == own {
            if let (Some(known), Some(relation)) = (&node.known, &node.relation) {
                catalog.insert(relation.clone(), known.clone());
            }
            continue;
        }
        let Some(upstream) = &done[*found] else { continue };
        match &upstream.relation {
            Some(relation) => catalog.insert(relation.clone(), upstream.schema.clone()),
            None => {
                catalog.insert(name.clone(), upstream.schema.clone());
                stands_for.push((name.clone(), Arc::clone(upstream)));
            }
        }
    }
    let bound = bind::script(&script, node.dialect, &catalog, &node.defaults, Spelling::Stored, node.relation.as_ref());
    let mut lineage = bound.lineage;
    through::expand(&mut lineage, &stands_for);
    let mut errors = bound.errors;
    if let Some(relation) = &node.relation {
        let key = relation.key(node.dialect);
        let is_own = |table: &TableName| table.key(node.dialect) == key;
        lineage.reads.retain(|t| !is_own(t));
        lineage.indirect.retain(|r| !is_own(&r.table));
        lineage.unused.retain(|r| !is_own(&r.table));
        for column in &mut lineage.columns {
            column.direct.retain(|r| !is_own(&r.table));
            column.indirect.retain(|r| !is_own(&r.table));
        }
        errors.retain(|e| !e.table.as_ref().is_some_and(is_own));
    }
    Bound { lineage: Arc::new(lineage), inferred: bound.shape, errors }
}

/// Puts a node's answer where its readers find it; one that is as before is shared.
fn place(
    at: usize,
    node: &NodeInput,
    bound: &Arc<Bound>,
    cache: &mut Cache,
    done: &mut [Option<Arc<NodeLineage>>],
    prints: &mut [Option<Key>],
) {
    let finished = cache.finished(node, bound).unwrap_or_else(|| {
        let lineage = Arc::new(finish(node, bound));
        let print = print_of(&lineage.schema);
        let finished = Arc::new(Finished::new(node, Arc::clone(bound), lineage, print));
        cache.keep_finished(&node.id, Arc::clone(&finished));
        finished
    });
    done[at] = Some(Arc::clone(&finished.node));
    prints[at] = Some(finished.print);
}

fn finish(node: &NodeInput, bound: &Bound) -> NodeLineage {
    let cause = match bound.lineage.resolution {
        Resolution::Unparsed => Some("unparsed"),
        Resolution::TableOnly => Some("table_only"),
        Resolution::Resolved | Resolution::Inferred | Resolution::Ambiguous => None,
    };
    NodeLineage {
        id: node.id.clone(),
        relation: node.relation.clone(),
        dialect: node.dialect,
        lineage: Arc::clone(&bound.lineage),
        inferred: bound.inferred.clone(),
        schema: shape::best(node.known.as_ref(), Some(&bound.inferred)),
        errors: bound.errors.clone(),
        cause: node.cause.clone().or_else(|| cause.map(str::to_owned)),
    }
}

/// A source, a seed, or a node whose SQL is not known: its upstream nodes are all there is to say.
fn without_sql(node: &NodeInput, ids: &HashMap<&str, usize>, done: &[Option<Arc<NodeLineage>>]) -> NodeLineage {
    let mut reads: Vec<TableName> = Vec::new();
    let mut add = |table: &TableName| {
        if node.relation.as_ref() != Some(table) && !reads.contains(table) {
            reads.push(table.clone());
        }
    };
    for id in &node.upstream {
        let Some(upstream) = ids.get(id.as_str()).and_then(|i| done[*i].as_ref()) else { continue };
        match &upstream.relation {
            Some(relation) => add(relation),
            None => upstream.lineage.reads.iter().for_each(&mut add),
        }
    }
    let is_leaf = node.upstream.is_empty() && node.cause.is_none();
    let lineage = QueryLineage {
        resolution: if is_leaf { Resolution::Resolved } else { Resolution::TableOnly },
        reads,
        writes: Vec::new(),
        columns: Vec::new(),
        indirect: Vec::new(),
        unused: Vec::new(),
        statements: Vec::new(),
        diagnostics: Vec::new(),
        open: !is_leaf,
    };
    let inferred =
        TableSchema { dialect: node.dialect, origin: Some(Origin::Inferred), open: true, ..TableSchema::default() };
    let mut best = shape::best(node.known.as_ref(), None);
    if node.known.is_none() {
        best.dialect = node.dialect;
    }
    NodeLineage {
        id: node.id.clone(),
        relation: node.relation.clone(),
        dialect: node.dialect,
        lineage: Arc::new(lineage),
        inferred,
        schema: best,
        errors: Vec::new(),
        cause: node.cause.clone().or_else(|| (!is_leaf).then(|| "uncompiled".to_owned())),
    }
}
