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

/// Whether what fails for old readers is what fails for old writers the other way round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mirror {
    No,
    Yes,
    /// Where a document shows it: a name that disappears fails readers without one.
    Shown,
}

/// Two schemas, apart by a byte that no text has (255). A schema does not differ from itself; where the format's two
/// judgments mirror each other, they do.
pub fn pair(format: SchemaFormat, data: &[u8], mirror: Mirror) {
    let mut sides = data.splitn(2, |b| *b == 255).map(std::str::from_utf8);
    let (Some(Ok(old)), new) = (sides.next(), sides.next()) else { return };
    // JSON Schema is taken as a value, the other formats as text.
    let read = |text: &str| match format {
        SchemaFormat::JsonSchema => serde_json::from_str(text).ok(),
        _ => Some(Value::from(text)),
    };
    let Some(old) = read(old) else { return };
    let options = Options { budget: 20_000, ..Options::default() };
    let told = |mode, a: &Value, b: &Value| diff(format, a, b, Compatibility::new(mode), &options);
    if let Ok(same) = told(Mode::Full, &old, &old) {
        assert!(same.undecided || !same.changes.iter().any(|c| c.breaking), "{old}: {:?}", same.changes);
    }
    let Some(Ok(new)) = new else { return };
    let Some(new) = read(new) else { return };
    let (there, back) = (told(Mode::Backward, &old, &new), told(Mode::Forward, &new, &old));
    let (Ok(there), Ok(back)) = (there, back) else { return };
    let open = |all: &[Change]| all.iter().any(|c| [c.reads, c.writes].contains(&Judgment::Undecided));
    if mirror == Mirror::No || open(&there.changes) || open(&back.changes) {
        return;
    }
    let shown = |c: &Change| mirror == Mirror::Yes || c.witness.is_some();
    let a = there.changes.iter().any(|c| c.reads == Judgment::Fails && shown(c));
    let b = back.changes.iter().any(|c| c.writes == Judgment::Fails);
    assert_eq!(a, b, "{old} {new}: {:?} {:?}", there.changes, back.changes);
}
