//! Reads the lines of `tessera lineage --batch` from standard input and writes the answers, for measuring the engine alone.

use std::io::{BufRead, Write};

fn main() -> std::io::Result<()> {
    tessera_lineage::on_wide_stack(|| {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        for line in std::io::stdin().lock().lines() {
            writeln!(out, "{}", tessera_lineage::batch_line(&line?))?;
        }
        out.flush()
    })
}
