//! Laws of the binder over random statements.

use crate::{Catalog, Defaults, analyze, on_wide_stack};
use proptest::prelude::*;
use tessera_model::{Column, Dialect, TableName, TableSchema};

/// Columns, relations and clauses that mostly fit together.
fn query() -> impl Strategy<Value = String> {
    let column =
        prop::sample::select(vec!["a", "b", "c", "t.a", "u.b", "nope", "*", "t.*", "sum(a)", "a + b as x", "x"]);
    let source = prop::sample::select(vec![
        "t",
        "u",
        "t join u using (a)",
        "t left join u on t.a = u.a",
        "unknown",
        "(select * from t) t",
        "t, unknown u",
        "t natural join u",
        "(values (1, 2)) as t (a, b)",
    ]);
    let tail = prop::sample::select(vec![
        "",
        "where a > 1",
        "group by 1",
        "group by a order by 2",
        "order by x",
        "union all select * from t",
        "where exists (select 1 from u where u.a = t.a)",
        "qualify row_number() over (partition by a order by b) = 1",
    ]);
    (prop::collection::vec(column, 1..4), source, tail, 0..3usize).prop_map(|(columns, source, tail, nest)| {
        let mut sql = format!("select {} from {source} {tail}", columns.join(", "));
        for _ in 0..nest {
            sql = format!("with t as ({sql}) select * from t");
        }
        sql
    })
}

fn catalog(dialect: Dialect) -> Catalog {
    let mut catalog = Catalog::new(dialect);
    for (table, columns) in [("t", ["a", "b"]), ("u", ["a", "c"])] {
        let folding = dialect.column_folding();
        let columns = columns.iter().map(|c| Column::new(folding.store(c, false), Some("INTEGER"))).collect();
        catalog.insert(TableName::parse(dialect, table).unwrap(), TableSchema::new(dialect, columns));
    }
    catalog
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_are_of_tables_that_are_read(sql in query(), dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        let got = on_wide_stack(|| analyze(&sql, dialect, &catalog(dialect), &Defaults::default()));
        let direct = got.columns.iter().flat_map(|c| &c.direct).map(|d| &d.table);
        let own = got.columns.iter().flat_map(|c| &c.indirect).map(|d| &d.table);
        for table in direct.chain(own).chain(got.indirect.iter().map(|d| &d.table)) {
            prop_assert!(got.reads.contains(table), "{sql}: {table} of {:?}", got.reads);
        }
        // The same text gives the same answer.
        let again = analyze(&sql, dialect, &catalog(dialect), &Defaults::default());
        prop_assert_eq!(got, again);
    }
}
