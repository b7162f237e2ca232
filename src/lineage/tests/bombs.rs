//! Text that kills parsers: every line of `fixtures/bombs` in every dialect, through parsing, binding and typing, on the
//! small stack that a worker thread has. A stack overflow would abort the whole test run, so getting to the end is the proof.

use crate::{Catalog, Defaults, analyze};
use rayon::prelude::*;
use std::time::{Duration, Instant};
use tessera_model::Dialect;
use tessera_model::lineage::Resolution;

/// What one answer may take, whatever the build.
const LIMIT: Duration = Duration::from_secs(10);

struct Bomb {
    name: String,
    template: String,
    size: usize,
}

impl Bomb {
    /// The template with its repetitions written out.
    fn text(&self) -> String {
        let mut out = String::new();
        let mut rest = self.template.as_str();
        while let Some((before, inside)) = rest.split_once("[[") {
            out.push_str(before);
            // At least one character, and as many closing brackets as there are: `[[]]]` repeats `]`.
            let first = inside.char_indices().nth(1).map_or(inside.len(), |(at, _)| at);
            let mut end = first + inside[first..].find("]]").unwrap_or_else(|| panic!("{}: no ]]", self.name));
            while inside[end + 1..].starts_with("]]") {
                end += 1;
            }
            for i in 1..=self.size {
                let part = inside[..end].replace("{i}", &i.to_string());
                out.push_str(&part.replace("{h}", &(i - 1).to_string()));
            }
            rest = &inside[end + 2..];
        }
        out.push_str(rest);
        out.replace("\\n", "\n").replace("\\0", "\0")
    }
}

fn bombs() -> Vec<Bomb> {
    let mut out = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(super::root().join("fixtures/bombs")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "txt")) {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            if line.trim().is_empty() || line.starts_with("# ") {
                continue;
            }
            let mut parts = line.splitn(3, " | ");
            let (Some(name), Some(sizes), Some(template)) = (parts.next(), parts.next(), parts.next()) else {
                panic!("{}: not `name | sizes | template`: {line}", file.display());
            };
            for size in sizes.split(',') {
                let size = size.trim().parse().unwrap_or_else(|_| panic!("{line}: {size} is no size"));
                // Without optimisation everything takes twenty times as long.
                let size: usize = if cfg!(debug_assertions) && size > 300 { 300 + (size - 300) / 8 } else { size };
                out.push(Bomb { name: name.to_owned(), template: template.to_owned(), size });
            }
        }
    }
    out
}

fn run(bombs: &[Bomb], dialects: &[Dialect]) {
    let slow: Vec<String> = dialects
        .par_iter()
        .flat_map_iter(|dialect| {
            let run_all = move || {
                let mut slow = Vec::new();
                for bomb in bombs {
                    let (name, size, sql) = (&bomb.name, bomb.size, bomb.text());
                    // The last line that is printed names the text that kills.
                    println!("{dialect}: {name} × {size}");
                    let start = Instant::now();
                    let got = analyze(&sql, *dialect, &Catalog::new(*dialect), &Defaults::default());
                    let took = start.elapsed();
                    if took > LIMIT / 20 {
                        slow.push(format!("{took:?} {dialect}: {name} × {size}"));
                    }
                    assert!(took < LIMIT, "{name} × {size} in {dialect} took {took:?}");
                    let internal = got.diagnostics.iter().find(|d| d.code == "internal-error");
                    assert!(internal.is_none(), "{name} × {size} in {dialect}: {internal:?}");
                    // Whatever could not be read is said.
                    if matches!(got.resolution, Resolution::Unparsed | Resolution::TableOnly) {
                        assert!(!got.diagnostics.is_empty(), "{name} × {size} in {dialect} fails without a word");
                    }
                }
                slow
            };
            std::thread::scope(|scope| {
                let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, run_all);
                thread.unwrap().join().unwrap()
            })
        })
        .collect();
    println!("slow ones:\n{}", slow.join("\n"));
}

#[test]
fn every_bomb_is_answered_in_every_dialect() {
    let bombs = bombs();
    assert!(bombs.len() >= 200, "{} bombs are too few", bombs.len());
    run(&bombs, &Dialect::ALL);
}

/// For builds with optimisation: `cargo nextest run --release -p tessera-lineage --run-ignored all large_bombs`.
#[test]
#[ignore = "minutes in a build without optimisation"]
fn large_bombs() {
    let mut bombs = bombs();
    bombs.dedup_by(|a, b| a.name == b.name);
    for bomb in &mut bombs {
        bomb.size = 30_000;
    }
    run(&bombs, &Dialect::ALL);
}

#[test]
fn a_text_beyond_the_limit_is_refused_with_a_reason() {
    let sql = format!("SELECT '{}'", "x".repeat(6_000_000));
    let got = analyze(&sql, Dialect::DuckDb, &Catalog::new(Dialect::DuckDb), &Defaults::default());
    assert_eq!(got.resolution, Resolution::Unparsed);
    assert_eq!(got.diagnostics[0].code, "too-large");
}
