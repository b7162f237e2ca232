//! Stacks wide enough for what recurses: the parser, and walking and dropping its syntax trees. The 256 MiB are virtual;
//! only pages that are touched cost memory.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Size of the stacks on which SQL is parsed.
pub const STACK_BYTES: usize = 256 << 20;

thread_local! {
    static WIDE: Cell<bool> = const { Cell::new(false) };
}

/// Declares that the current thread has a stack of [`STACK_BYTES`], for pools that are built that way.
pub fn mark_wide() {
    WIDE.set(true);
}

/// Runs `work` on a wide stack: right here when the thread already has one, else on a thread of its own. Work on many
/// texts should be one call, because a thread costs about as much as parsing a small statement.
pub fn on_wide_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if WIDE.get() {
        return work();
    }
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name("sql".to_owned()).stack_size(STACK_BYTES).spawn_scoped(scope, || {
                mark_wide();
                work()
            });
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no memory for a thread to parse SQL on: {error}"),
        }
    })
}

/// Runs `work`; if it panics, what it said. One text that shows a mistake of ours must not take the others with it. The
/// values that `work` changes are lost with it, so nothing half-made is seen.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| said(panic.as_ref()))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()))
        .unwrap_or_else(|| "no reason given".to_owned())
}
