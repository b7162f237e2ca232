//! The file form of a case: a comment, then sections that begin with `--- `.
//!
//! ```text
//! -- What the case is about.
//! --- before          SQL
//! --- sees            optional: the whole scan, as `differ::render` writes it
//! --- change          SQL; may come several times, each with its own expectation
//! --- expect          the drift, line by line; `(unchanged)` when not even the probe may move; `(none)` for no drift
//! ```

use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub name: String,
    pub path: PathBuf,
    pub intro: Vec<String>,
    pub before: String,
    pub sees: Option<Vec<String>>,
    pub rounds: Vec<Round>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    pub change: String,
    pub expect: Vec<String>,
}

/// Not even the probe may notice.
pub const UNCHANGED: &str = "(unchanged)";
/// The probe may notice; the tables are the same.
pub const NONE: &str = "(none)";

/// All cases of one engine, by name.
pub fn load(engine: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/warehouse").join(engine);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("no cases in {}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "sql"));
    paths.sort();
    paths.iter().map(|path| read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

fn read(path: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut case =
        Case { name, path: path.to_owned(), intro: Vec::new(), before: String::new(), sees: None, rounds: Vec::new() };
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- ") {
            section = name.trim();
            match section {
                "before" | "expect" => {}
                "sees" => case.sees = Some(Vec::new()),
                "change" => case.rounds.push(Round { change: String::new(), expect: Vec::new() }),
                other => return Err(format!("unknown section `{other}`")),
            }
            continue;
        }
        match section {
            "" => case.intro.push(line.to_owned()),
            "before" => add(&mut case.before, line),
            "sees" => case.sees.get_or_insert_default().push(line.to_owned()),
            "change" => add(&mut case.rounds.last_mut().ok_or("no change")?.change, line),
            _ => case.rounds.last_mut().ok_or("`expect` without `change`")?.expect.push(line.to_owned()),
        }
    }
    for list in case.sees.iter_mut().chain(case.rounds.iter_mut().map(|r| &mut r.expect)) {
        list.retain(|l| !l.trim().is_empty());
    }
    match case.rounds.iter().find(|r| r.expect.is_empty() && !blessing()) {
        Some(round) => Err(format!("nothing is expected of `{}`: write {NONE} or {UNCHANGED}", round.change.trim())),
        None if case.rounds.is_empty() && case.sees.is_none() => Err("neither `change` nor `sees`".to_owned()),
        None => Ok(case),
    }
}

fn add(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// With `TESSERA_BLESS=1` what was seen is written back as what is expected; review it as any other change.
pub fn blessing() -> bool {
    std::env::var("TESSERA_BLESS").is_ok_and(|v| v == "1")
}

/// Writes the case back to its file.
pub fn write(case: &Case) {
    let mut text = case.intro.join("\n");
    text.push_str("\n--- before\n");
    text.push_str(&case.before);
    let mut section = |name: &str, lines: &[String]| {
        text.push_str(&format!("--- {name}\n"));
        for line in lines {
            add(&mut text, line);
        }
    };
    if let Some(sees) = &case.sees {
        section("sees", sees);
    }
    for round in &case.rounds {
        section("change", &[round.change.trim_end().to_owned()]);
        section("expect", &round.expect);
    }
    std::fs::write(&case.path, text).unwrap_or_else(|e| panic!("{}: {e}", case.path.display()));
}
