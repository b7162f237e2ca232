//! The picture itself: built whole, never changed, shared freely. A what-if is another picture (`whatif`).

use crate::index::{Index, TableId};
use crate::input::{ExposureInput, GraphInput, NodeMeta, RegistrationInput};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tessera_lineage::{Cache, NodeInput, NodeLineage, World, WorldLineage, analyze_world};
use tessera_model::{Coverage, Dialect, TableName};

#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) world: Arc<World>,
    pub(crate) lineage: Arc<WorldLineage>,
    pub(crate) meta: Arc<BTreeMap<String, NodeMeta>>,
    pub(crate) exposures: Arc<Vec<ExposureInput>>,
    pub(crate) registrations: Arc<Vec<RegistrationInput>>,
    pub(crate) index: Index,
    /// Exposures by the id of a node they depend on.
    pub(crate) exposed: HashMap<String, Vec<u32>>,
    pub(crate) registered: HashMap<TableId, Vec<u32>>,
    /// Tables that a what-if has taken away.
    pub(crate) gone: BTreeSet<TableId>,
    /// Of all projects: asked for with every answer.
    pub(crate) covered: Coverage,
    /// Some reader is not understood and does not even say what it depends on; or nothing is covered at all.
    pub(crate) blind: bool,
}

impl Graph {
    pub fn build(input: GraphInput, cache: &mut Cache) -> Graph {
        let lineage = analyze_world(&input.world, cache);
        let GraphInput { world, meta, exposures, registrations } = input;
        Self::assemble(
            Arc::new(world),
            lineage,
            Arc::new(meta),
            Arc::new(exposures),
            Arc::new(registrations),
            BTreeSet::new(),
        )
    }

    pub(crate) fn assemble(
        world: Arc<World>,
        lineage: WorldLineage,
        meta: Arc<BTreeMap<String, NodeMeta>>,
        exposures: Arc<Vec<ExposureInput>>,
        registrations: Arc<Vec<RegistrationInput>>,
        gone: BTreeSet<TableId>,
    ) -> Graph {
        let mentioned: Vec<(&TableName, Dialect)> = registrations.iter().map(|r| (&r.table, r.dialect)).collect();
        let index = Index::build(&world, &lineage, &mentioned);
        let mut exposed: HashMap<String, Vec<u32>> = HashMap::new();
        for (exposure, at) in exposures.iter().zip(0u32..) {
            for node in &exposure.depends_on {
                exposed.entry(node.clone()).or_default().push(at);
            }
        }
        let mut registered: HashMap<TableId, Vec<u32>> = HashMap::new();
        for (registration, at) in registrations.iter().zip(0u32..) {
            registered.entry(table_id(&registration.table, registration.dialect)).or_default().push(at);
        }
        let mut graph = Graph {
            world,
            lineage: Arc::new(lineage),
            meta,
            exposures,
            registrations,
            index,
            exposed,
            registered,
            gone,
            covered: Coverage::default(),
            blind: false,
        };
        graph.covered = graph.count_coverage(None);
        graph.blind = graph.something_may_read_anything();
        graph
    }

    /// The node that builds the table, as lineage knows it.
    pub fn table(&self, name: &TableName) -> Option<&NodeLineage> {
        let table = self.locate_any(name).ok()??;
        self.index.tables[table as usize].producers.iter().find_map(|n| self.node_lineage(*n))
    }

    pub fn node(&self, id: &str) -> Option<&NodeLineage> {
        self.lineage.nodes.get(id).map(AsRef::as_ref)
    }

    pub fn meta(&self, id: &str) -> Option<&NodeMeta> {
        self.meta.get(id)
    }

    /// The tables whose dotted name is `suffix` or ends with `.suffix`, compared without case; also the table of the node
    /// with that id. Sorted.
    pub fn find_tables(&self, suffix: &str) -> Vec<TableName> {
        let wanted = suffix.to_lowercase();
        let ending = format!(".{wanted}");
        let by_node = self.index.node(suffix).map(|n| self.index.nodes[n as usize].table);
        let mut found: Vec<TableName> = (0u32..)
            .zip(&self.index.tables)
            .filter_map(|(at, table)| {
                let name = table.name.as_ref()?;
                let dotted = name.to_string().to_lowercase();
                (dotted == wanted || dotted.ends_with(&ending) || by_node == Some(at)).then(|| name.clone())
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Number of column edges.
    pub fn edge_count(&self) -> usize {
        self.index.out.len()
    }

    pub(crate) fn node_lineage(&self, node: u32) -> Option<&NodeLineage> {
        self.lineage.nodes.get(&self.index.nodes.get(node as usize)?.id).map(AsRef::as_ref)
    }

    pub(crate) fn node_input(&self, node: u32) -> Option<&NodeInput> {
        self.world.nodes.get(self.index.nodes.get(node as usize)?.input? as usize)
    }

    /// The table of that name in that dialect: exactly, else the only one of which the name is a suffix, or the other way
    /// round.
    pub(crate) fn locate(&self, name: &TableName, dialect: Dialect) -> Option<u32> {
        let id = table_id(name, dialect);
        if let Some(at) = self.index.find(&id) {
            return Some(at);
        }
        let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('.'));
        let mut found = (0u32..)
            .zip(&self.index.tables)
            .filter(|(_, t)| t.name.is_some() && t.id.0 == dialect && (ends(&t.id.1, &id.1) || ends(&id.1, &t.id.1)));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    }

    /// The table of that name whatever the dialect; `Err` with the candidates when several fit.
    pub(crate) fn locate_any(&self, name: &TableName) -> Result<Option<u32>, Vec<TableName>> {
        for dialect in Dialect::ALL {
            if let Some(at) = self.index.find(&table_id(name, dialect)) {
                return Ok(Some(at));
            }
        }
        let fits: Vec<(u32, &TableName)> = (0u32..)
            .zip(&self.index.tables)
            .filter_map(|(at, t)| t.name.as_ref().filter(|n| n.matches_loosely(name)).map(|n| (at, n)))
            .collect();
        match fits[..] {
            [] => Ok(None),
            [(at, _)] => Ok(Some(at)),
            _ => {
                let mut names: Vec<TableName> = fits.into_iter().map(|(_, n)| n.clone()).collect();
                names.sort();
                Err(names)
            }
        }
    }

    /// True when the table may hold columns that are not known.
    pub(crate) fn is_open(&self, table: u32) -> bool {
        let shapes = self.index.tables[table as usize].producers.iter().filter_map(|n| self.node_lineage(*n));
        shapes.map(|n| n.schema.open || n.schema.columns.is_empty()).min().unwrap_or(true)
    }

    /// Why it is not known which columns of `table` the node reads; `None` when it is.
    pub(crate) fn uncertain(&self, node: u32, table: u32) -> Option<String> {
        let entry = &self.index.nodes[node as usize];
        if !entry.columns_known {
            let cause = self.cause(node);
            return Some(match cause.as_str() {
                "declared" => "it is declared to read the table; which columns is not known".to_owned(),
                cause => format!("it reads the table; which columns is not known ({cause})"),
            });
        }
        (entry.open && self.is_open(table))
            .then(|| "it selects * and the table's columns are not fully known".to_owned())
    }

    /// Why a node is not understood, as coverage says it.
    pub(crate) fn cause(&self, node: u32) -> String {
        use tessera_model::lineage::Resolution;
        let lineage = self.node_lineage(node);
        if let Some(cause) = lineage.and_then(|l| l.cause.clone()) {
            return cause;
        }
        let input = self.node_input(node);
        if let Some(cause) = input.and_then(|i| i.cause.clone()) {
            return cause;
        }
        if input.is_some_and(|i| i.sql.is_none()) {
            return "uncompiled".into();
        }
        match lineage.map(|l| l.lineage.resolution) {
            Some(Resolution::TableOnly) => "table_only".into(),
            Some(Resolution::Ambiguous) => "ambiguous".into(),
            _ => "unparsed".into(),
        }
    }
}

pub(crate) fn table_id(name: &TableName, dialect: Dialect) -> TableId {
    (dialect, name.key(dialect).0)
}
