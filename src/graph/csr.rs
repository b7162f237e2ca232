//! Compressed sparse rows: all edges in one array, those of a key side by side. Built once, never changed.

/// Edges by key, in a fixed order.
#[derive(Debug, Clone)]
pub(crate) struct Csr<E> {
    starts: Vec<u32>,
    edges: Vec<E>,
}

impl<E> Default for Csr<E> {
    fn default() -> Self {
        Csr { starts: Vec::new(), edges: Vec::new() }
    }
}

impl<E: Copy + Ord> Csr<E> {
    /// `keys` counts the keys; `edges` come as (key, edge), in any order, and repeated ones are kept once.
    pub(crate) fn build(keys: usize, mut edges: Vec<(u32, E)>) -> Self {
        edges.sort_unstable();
        edges.dedup();
        let mut starts = vec![0u32; keys + 1];
        for (key, _) in &edges {
            starts[*key as usize + 1] += 1;
        }
        for i in 0..keys {
            starts[i + 1] += starts[i];
        }
        Csr { starts, edges: edges.into_iter().map(|(_, e)| e).collect() }
    }

    pub(crate) fn of(&self, key: u32) -> &[E] {
        let key = key as usize;
        match (self.starts.get(key), self.starts.get(key + 1)) {
            (Some(&from), Some(&to)) => &self.edges[from as usize..to as usize],
            _ => &[],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.edges.len()
    }
}
