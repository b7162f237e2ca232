//! SQL text and a catalog of shapes in; output columns, their types, and direct and indirect column reads out. Pure.
//! Reading order: `catalog` (what is known of tables), `bind` (the binder), `types` (what expressions give), `batch` (the
//! JSON line form), `world` (many nodes that build on each other).

pub mod batch;
mod bind;
mod catalog;
mod types;
mod world;

pub use batch::batch_line;
pub use catalog::{Catalog, Defaults};
pub use tessera_sql::on_wide_stack;
pub use world::{
    Affected, BindError, Cache, ColumnDelta, Impact, NodeInput, NodeLineage, Project, Reason, Rebinding, ShapeChange,
    ShapeDelta, TableChange, What, Work, World, WorldLineage, analyze_world, rebind, untyped,
};

use tessera_model::Dialect;
use tessera_model::lineage::QueryLineage;
use tessera_sql::Limits;

/// One text, possibly several statements. Never fails, never panics. Many texts are cheaper inside one
/// [`on_wide_stack`], because each call outside of it starts a thread.
pub fn analyze(sql: &str, dialect: Dialect, catalog: &Catalog, defaults: &Defaults) -> QueryLineage {
    on_wide_stack(|| {
        let script = tessera_sql::parse(sql, dialect, &Limits::default());
        bind::script(&script, dialect, catalog, defaults, bind::Spelling::Stored, None).lineage
    })
}

#[cfg(test)]
mod tests;
