//! What the targets share: how bytes become a dialect and a text, or two schemas.

use serde_json::Value;
use tessera_diff::{Options, diff};
use tessera_model::change::{Change, Judgment};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Dialect, Mode};

/// The first byte chooses the dialect, the rest is the text; `None` when there is none.
pub fn input(data: &[u8]) -> Option<(Dialect, &str)> {
    let (first, rest) = data.split_first()?;
    let text = std::str::from_utf8(rest).ok()?;
    Some((Dialect::ALL[usize::from(*first) % Dialect::ALL.len()], text))
}

/// Two schemas as text, apart by a byte that no text has (255). A schema does not differ from itself; where the format's
/// two judgments mirror each other, they do.
pub fn pair(format: SchemaFormat, data: &[u8], mirrors: bool) {
    let mut sides = data.splitn(2, |b| *b == 255).map(std::str::from_utf8);
    let (Some(Ok(old)), new) = (sides.next(), sides.next()) else { return };
    let old = Value::from(old);
    let options = Options { budget: 20_000, ..Options::default() };
    let told = |a: &Value, b: &Value| diff(format, a, b, Compatibility::new(Mode::Full), &options);
    if let Ok(same) = told(&old, &old) {
        assert!(same.undecided || !same.changes.iter().any(|c| c.breaking), "{old}: {:?}", same.changes);
    }
    let Some(Ok(new)) = new else { return };
    let new = Value::from(new);
    let (there, back) = (told(&old, &new), told(&new, &old));
    let (Ok(there), Ok(back)) = (there, back) else { return };
    let any = |all: &[Change], get: fn(&Change) -> Judgment, what| all.iter().any(|c| get(c) == what);
    let open = |all: &[Change]| any(all, |c| c.reads.max(c.writes), Judgment::Undecided) || any(all, |c| c.reads.min(c.writes), Judgment::Undecided);
    if mirrors && !open(&there.changes) && !open(&back.changes) {
        let (a, b) = (any(&there.changes, |c| c.reads, Judgment::Fails), any(&back.changes, |c| c.writes, Judgment::Fails));
        assert_eq!(a, b, "{old} {new}: {:?} {:?}", there.changes, back.changes);
    }
}
