//! Runs every case of `fixtures/lineage/whatif/*.sql`: a small project, and changes with everyone whom they affect.
//!
//! ```text
//! -- case: what it shows
//! -- dialect: postgres
//! -- table raw.orders: id bigint, status text, ...     (`...`: there may be more columns)
//! -- node stg                                          (a node, and the SQL that builds it)
//! select id from raw.orders where status = 'paid'
//! -- opaque script: reads stg                          (a node without SQL)
//! -- if drop raw.orders.status: stg breaks unknown-column; script breaks upstream
//! ```
//!
//! Questions: `drop t.c`, `add t.c type`, `rename t.c to d`, `retype t.c type`, `null t.c`, `not-null t.c`, `drop table t`.
//! What is answered is the whole list: node, effect, and the codes of its reasons. `UPDATE_EXPECT=1` writes what the
//! engine answers into the file; read the difference before you believe it.

use crate::{Cache, Defaults, NodeInput, Project, ShapeChange, TableChange, World};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, TableName, TableSchema};

struct Case {
    name: String,
    dialect: Dialect,
    nodes: Vec<NodeInput>,
    /// Line number of the question in the file, the question, and what is expected.
    questions: Vec<(usize, String, String)>,
}

fn relation(dialect: Dialect, name: &str) -> TableName {
    TableName::parse(dialect, name).expect(name).qualified(None, Some("public"))
}

fn column(text: &str) -> Column {
    let (name, ty) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let not_null = ty.ends_with(" not null");
    let ty = ty.trim_end_matches(" not null").trim();
    Column { nullable: not_null.then_some(false), ..Column::new(name, Some(ty).filter(|t| !t.is_empty())) }
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some(rest) = line.strip_prefix("-- ") else {
            let sql = cases.last_mut().and_then(|c| c.nodes.last_mut()).and_then(|n| n.sql.as_mut());
            if let Some(sql) = sql {
                *sql = Arc::from(format!("{sql}{line}\n"));
            }
            continue;
        };
        let (head, tail) = rest.split_once(':').map_or((rest.trim(), ""), |(h, t)| (h.trim(), t.trim()));
        if head == "case" {
            let (name, dialect) = (tail.to_owned(), Dialect::Generic);
            cases.push(Case { name, dialect, nodes: Vec::new(), questions: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        let dialect = case.dialect;
        let node = |name: &str| NodeInput {
            id: name.to_owned(),
            dialect,
            relation: Some(relation(dialect, name)),
            defaults: Defaults { database: None, schema: Some("public".to_owned()) },
            ..NodeInput::default()
        };
        match head.split_once(' ').unwrap_or((head, "")) {
            ("dialect", _) => case.dialect = Dialect::from_name(tail).expect(tail),
            ("table", name) => {
                let open = tail.ends_with("...");
                let columns = split(tail).into_iter().filter(|c| c.trim() != "...").map(|c| column(&c)).collect();
                let mut schema = TableSchema::new(dialect, columns);
                (schema.open, schema.origin) = (open, Some(Origin::Observed));
                case.nodes.push(NodeInput { known: Some(schema), ..node(name) });
            }
            ("node", name) => {
                let (name, pinned) = name.split_once(' ').unwrap_or((name, ""));
                let mut input = NodeInput { sql: Some(Arc::from("")), ..node(name) };
                // `-- node m observed: id bigint`: a catalog knows its shape, too.
                if pinned == "observed" {
                    let mut schema = TableSchema::new(dialect, split(tail).iter().map(|c| column(c)).collect());
                    schema.origin = Some(Origin::Observed);
                    input.known = Some(schema);
                }
                case.nodes.push(input);
            }
            ("opaque", name) => {
                let upstream = tail.trim_start_matches("reads ").split(", ").map(str::to_owned).collect();
                case.nodes.push(NodeInput { upstream, cause: Some("python".to_owned()), ..node(name) });
            }
            ("if", question) => case.questions.push((number, question.to_owned(), tail.to_owned())),
            _ => panic!("{}: \"{line}\" is neither SQL nor an expectation", case.name),
        }
    }
    cases
}

fn split(text: &str) -> Vec<String> {
    let mut depth = 0;
    let parts = text.split(|c| {
        depth += i32::from(matches!(c, '(' | '<')) - i32::from(matches!(c, ')' | '>'));
        c == ',' && depth == 0
    });
    parts.map(str::to_owned).filter(|p| !p.trim().is_empty()).collect()
}

fn change(dialect: Dialect, question: &str) -> TableChange {
    let (verb, rest) = question.split_once(' ').expect(question);
    let target = |path: &str| {
        let (table, column) = path.rsplit_once('.').expect(path);
        (relation(dialect, table), column.to_owned())
    };
    let (path, tail) = rest.split_once(' ').unwrap_or((rest, ""));
    if (verb, path) == ("drop", "table") {
        return TableChange { table: relation(dialect, tail), dialect, change: ShapeChange::DropTable };
    }
    let (table, name) = target(path);
    let change = match verb {
        "drop" => ShapeChange::DropColumn(name),
        "add" => ShapeChange::AddColumn(column(&format!("{name} {tail}"))),
        "rename" => ShapeChange::RenameColumn { from: name, to: tail.trim_start_matches("to ").to_owned() },
        "retype" => ShapeChange::RetypeColumn { column: name, data_type: tail.to_owned() },
        "null" => ShapeChange::SetNullable { column: name, nullable: true },
        "not-null" => ShapeChange::SetNullable { column: name, nullable: false },
        other => panic!("{question}: what is {other}?"),
    };
    TableChange { table, dialect, change }
}

fn answer(project: &Project, dialect: Dialect, question: &str) -> String {
    let impact = project.what_if(&[change(dialect, question)]);
    let lines: Vec<String> = impact
        .affected
        .iter()
        .map(|a| {
            let mut codes: Vec<&str> = a.reasons.iter().map(crate::Reason::code).collect();
            codes.dedup();
            assert!(a.reasons.iter().all(|r| !r.to_string().is_empty()));
            let effect = serde_json::to_value(a.effect).unwrap();
            format!("{} {} {}", a.id, effect.as_str().unwrap(), codes.join("+"))
        })
        .collect();
    if lines.is_empty() { "nobody".to_owned() } else { lines.join("; ") }
}

fn files() -> Vec<PathBuf> {
    let folder = super::root().join("fixtures/lineage/whatif");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "sql"));
    files.sort();
    files
}

#[test]
fn every_change_affects_whom_it_should() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut asked, mut wrong) = (0, String::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for case in parse(&text) {
            let project = Project::new(Arc::new(World { nodes: case.nodes }), &mut Cache::default());
            for (number, question, want) in case.questions {
                asked += 1;
                let got = answer(&project, case.dialect, &question);
                if update {
                    lines[number] = format!("-- if {question}: {got}");
                } else if got != want {
                    write!(wrong, "\n{}: if {question}\n  want {want}\n  got  {got}", case.name).unwrap();
                }
            }
        }
        if update {
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(asked >= 60, "only {asked} questions were asked");
}
