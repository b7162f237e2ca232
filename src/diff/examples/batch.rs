//! `tessera diff --batch` without the command line: standard input to standard output, or `--cases FILE` to turn
//! published diff cases (`relation`, `expected`, …) into batch lines first. Used to measure the crate on its own.
#![allow(clippy::print_stdout)]

use std::io::BufRead;

fn main() {
    let mut args = std::env::args().skip(1);
    match (args.next().as_deref(), args.next()) {
        (Some("--cases"), Some(file)) => match std::fs::read_to_string(&file) {
            Ok(text) => {
                text.lines().flat_map(requests).for_each(|line| println!("{}", tessera_diff::batch_line(&line)));
            }
            Err(e) => println!("{{\"error\": \"{file}: {e}\"}}"),
        },
        _ => std::io::stdin()
            .lock()
            .lines()
            .map_while(Result::ok)
            .for_each(|line| println!("{}", tessera_diff::batch_line(&line))),
    }
}

/// The batch lines that a published case stands for: one for each mode its `relation` asks about.
fn requests(line: &str) -> Vec<String> {
    let Ok(case) = serde_json::from_str::<serde_json::Value>(line) else {
        return vec![line.to_owned()];
    };
    let modes: &[&str] = match case["relation"].as_str() {
        Some("old_accepts_new" | "api_backward") => &["backward"],
        Some("both") => &["forward", "backward"],
        _ => &["forward"],
    };
    modes
        .iter()
        .map(|mode| {
            serde_json::json!({
                "id": format!("{}|{mode}", case["id"].as_str().unwrap_or_default()),
                "format": case["format"], "dialect": case["dialect"], "mode": mode, "old": case["old"], "new": case["new"],
            })
            .to_string()
        })
        .collect()
}
