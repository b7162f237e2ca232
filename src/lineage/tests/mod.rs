//! Tests of the whole engine: cases as data (`cases`), bombs, projects (`world`, `whatif`), and the shared corpora where they are.

mod batch;
mod bombs;
mod cases;
mod corpus;
mod laws;
mod orchard;
mod whatif;
mod whatif_corpus;
mod whatif_laws;
mod work;
mod world;

use std::path::PathBuf;

/// The repository's root.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A path below the shared corpora, or `None` (said aloud) where they are absent.
fn corpora(path: &str) -> Option<PathBuf> {
    let base = std::env::var_os("TESSERA_CORPORA").map_or_else(|| root().join("../shared/corpora"), PathBuf::from);
    let full = base.join(path);
    if full.exists() {
        return Some(full);
    }
    println!("skipped: {} is not there (set TESSERA_CORPORA)", full.display());
    None
}
