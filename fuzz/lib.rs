//! What the targets share: how bytes become a dialect and a text.

use tessera_model::Dialect;

/// The first byte chooses the dialect, the rest is the text; `None` when there is none.
pub fn input(data: &[u8]) -> Option<(Dialect, &str)> {
    let (first, rest) = data.split_first()?;
    let text = std::str::from_utf8(rest).ok()?;
    Some((Dialect::ALL[usize::from(*first) % Dialect::ALL.len()], text))
}
