//! What if a table looked otherwise? For one query [`rebind`], for all readers of a project [`Project::what_if`]: who no
//! longer binds, whose own output changes, who reads a changed column, and why. Reading order: `change` (what may be
//! asked), `delta` (two shapes compared), `words` (who need not be bound again), `judge` (the verdict on one reader),
//! `project` (asked many times) and its `walk` (a change on its way through all of them).
//!
//! The rules are DESIGN §3.2's: a reader that is not fully understood is `may_read`, never `unaffected`.

mod change;
mod delta;
mod judge;
mod project;
mod words;

pub use change::ShapeChange;
pub use delta::{ColumnDelta, ShapeDelta, What, untyped};
pub use judge::{Reason, Rebinding, rebind};
pub use project::{Affected, Impact, Project, TableChange};
