//! What lineage knows of a rename: a column that is gone and one that is new, both the same column of the same table and nothing
//! else. It decides what is suggested, never the verdict.

use std::collections::BTreeMap;
use tessera_diff::Hint;
use tessera_lineage::NodeLineage;
use tessera_model::lineage::{DirectKind, OutputColumn};

/// Pairs of columns that pass the same source column through, where no third one does.
pub(crate) fn by_lineage(before: &NodeLineage, after: &NodeLineage) -> Vec<Hint> {
    let (old, new) = (&before.lineage.columns, &after.lineage.columns);
    let (gone, came) = (sources(old, new, before), sources(new, old, after));
    gone.into_iter()
        .filter_map(|(source, names)| match (names.as_slice(), came.get(&source).map(Vec::as_slice)) {
            ([was], Some([now])) => Some(Hint::of_lineage(*was, *now)),
            _ => None,
        })
        .collect()
}

/// The columns that the other side has not, by the one source column that each passes through.
fn sources<'a>(
    own: &'a [OutputColumn],
    other: &[OutputColumn],
    node: &NodeLineage,
) -> BTreeMap<(String, String), Vec<&'a str>> {
    let mut out: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for column in own.iter().filter(|c| !other.iter().any(|o| o.name.eq_ignore_ascii_case(&c.name))) {
        let [read] = column.direct.as_slice() else { continue };
        if read.kind == DirectKind::Identity && column.indirect.is_empty() {
            let key = (format!("{:?}", read.table.key(node.dialect)), read.column.to_lowercase());
            out.entry(key).or_default().push(&column.name);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::by_lineage;
    use std::sync::Arc;
    use tessera_lineage::NodeLineage;
    use tessera_model::lineage::{DirectKind, DirectRead, OutputColumn, QueryLineage, Resolution};
    use tessera_model::{Dialect, TableName, TableSchema};

    /// `name=source`; `name=source!` is computed from it.
    fn node(text: &str) -> NodeLineage {
        let table = Arc::new(TableName::parse(Dialect::Postgres, "shop.raw.orders").unwrap());
        let column = |one: &str| {
            let (name, source) = one.split_once('=').unwrap();
            let kind = if source.ends_with('!') { DirectKind::Transformation } else { DirectKind::Identity };
            let column: Arc<str> = source.trim_end_matches('!').into();
            OutputColumn {
                name: name.into(),
                target: None,
                data_type: None,
                nullable: None,
                direct: vec![DirectRead { table: table.clone(), column, kind }],
                candidates: Vec::new(),
                indirect: Vec::new(),
            }
        };
        let lineage = QueryLineage {
            resolution: Resolution::Resolved,
            reads: Vec::new(),
            writes: Vec::new(),
            columns: text.split_whitespace().map(column).collect(),
            indirect: Vec::new(),
            unused: Vec::new(),
            statements: Vec::new(),
            diagnostics: Vec::new(),
            open: false,
        };
        NodeLineage {
            id: "n".into(),
            relation: None,
            dialect: Dialect::Postgres,
            lineage: Arc::new(lineage),
            inferred: Arc::new(TableSchema::default()),
            schema: Arc::new(TableSchema::default()),
            errors: Vec::new(),
            cause: None,
        }
    }

    #[test]
    fn one_source_under_another_name_is_a_rename_and_nothing_less() {
        for (before, after, wanted) in [
            ("id=id cust_no=c", "id=id buyer=c", "cust_no>buyer"),
            ("id=id cust_no=c", "id=id buyer=d", ""),
            ("cust_no=c!", "buyer=c!", ""),
            ("cust_no=c", "cust_no=c buyer=c", ""),
            ("cust_no=c", "buyer=c client=c", ""),
            ("a=c b=d", "x=d y=c", "a>y, b>x"),
            ("Cust_No=c", "cust_no=c", ""),
        ] {
            let found = by_lineage(&node(before), &node(after));
            let found: Vec<String> = found.iter().map(|h| format!("{}>{}", h.old, h.new)).collect();
            assert_eq!(found.join(", "), wanted, "{before} -> {after}");
        }
    }
}
