//! One line of `tessera lineage --batch`: a JSON object in, a JSON object out (see INTERFACES).

/// Answers one input line. A bad line gives an object with `error`, never a stop.
pub fn batch_line(_line: &str) -> String {
    String::new()
}
