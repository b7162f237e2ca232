//! What is understood of our own projects, for review.

use super::support::{catalog, describe, project};

#[test]
fn orchard_and_growth() {
    for name in ["orchard/v1/duck", "orchard/v1/pg", "orchard/v1/fusion-duck", "growth/duck", "growth/pg"] {
        insta::assert_snapshot!(name.replace('/', "_"), describe(&project(name)));
    }
}

/// The project with its compiled SQL and the columns that stood in the warehouse.
fn in_full(name: &str) -> Vec<String> {
    let (p, c) = (project(name), catalog(name));
    let mut lines: Vec<String> = describe(&p).lines().map(str::to_owned).collect();
    for n in p.models().chain(p.sources.values()) {
        let sql = n.compiled_code.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        lines.push(format!("{} SQL {sql}", n.unique_id));
        for column in c.table(&n.unique_id).map(|t| t.columns.as_slice()).unwrap_or_default() {
            let data_type = column.data_type.as_deref().unwrap_or("?");
            lines.push(format!("{} column {} {data_type}", n.unique_id, column.name));
        }
    }
    lines
}

#[test]
fn one_change_at_a_time() {
    for engine in ["duck", "pg"] {
        let mut before = in_full(&format!("orchard/v1/{engine}"));
        for version in ["v2", "v3", "v4", "v5", "v6"] {
            let now = in_full(&format!("orchard/{version}/{engine}"));
            let lost = before.iter().filter(|l| !now.contains(l)).map(|l| format!("- {l}"));
            let won = now.iter().filter(|l| !before.contains(l)).map(|l| format!("+ {l}"));
            let text = lost.chain(won).collect::<Vec<_>>().join("\n");
            insta::with_settings!({omit_expression => true}, {
                insta::assert_snapshot!(format!("orchard_{version}_{engine}"), text);
            });
            before = now;
        }
    }
}
