//! The body of one webhook: the event, when it happened, and the notice itself. Receivers commonly refuse bodies above some
//! hundred kilobytes, so a giant notice (a renamed schema) is cut to its first entries and says how many there were.

use serde_json::{Value, json};
use tessera_ports::Notice;

const MAX: usize = 256 * 1024;

/// Equal for every repeat of the same notice.
pub(crate) fn of(notice: &Notice) -> String {
    let whole = written(&json!(notice), notice);
    if whole.len() <= MAX {
        return whole;
    }
    let mut keep = 64;
    loop {
        let cut = written(&shortened(notice, keep), notice);
        if cut.len() <= MAX || keep == 0 {
            return cut;
        }
        keep /= 2;
    }
}

fn written(data: &Value, notice: &Notice) -> String {
    json!({"type": notice.kind.event(), "timestamp": notice.at, "data": data}).to_string()
}

/// The first `keep` changes and teams, each with its first `keep` readers.
fn shortened(notice: &Notice, keep: usize) -> Value {
    let mut short = notice.clone();
    short.changes.truncate(keep);
    short.teams.truncate(keep);
    short.changes.iter_mut().for_each(|c| c.readers.truncate(keep));
    short.teams.iter_mut().for_each(|t| t.because.truncate(keep));
    let mut data = json!(short);
    data["truncated"] = json!({"changes": notice.changes.len(), "teams": notice.teams.len()});
    data
}
