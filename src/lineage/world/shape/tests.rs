//! The rule of DESIGN §4, case by case.

use super::best;
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, TableSchema};

fn schema(columns: &[(&str, Option<&str>)], origin: Origin, open: bool) -> TableSchema {
    let columns = columns.iter().map(|(n, t)| Column::new(*n, *t)).collect();
    TableSchema { origin: Some(origin), open, ..TableSchema::new(Dialect::DuckDb, columns) }
}

fn show(shape: &TableSchema) -> String {
    let columns = shape.columns.iter().map(|c| format!("{}:{}", c.name, c.data_type.as_deref().unwrap_or("-")));
    format!("{}{}", columns.collect::<Vec<_>>().join(" "), if shape.open { " +" } else { "" })
}

#[test]
fn the_order_of_trust() {
    use Origin::{Catalog, Contract, Declared, Inferred, Observed};
    let inferred = schema(&[("a", Some("INTEGER")), ("b", None)], Inferred, false);
    let open = schema(&[("a", Some("INTEGER"))], Inferred, true);
    for origin in [Observed, Catalog, Contract] {
        let known = schema(&[("a", None), ("c", Some("DATE"))], origin, false);
        assert_eq!(show(&best(Some(&known), Some(&inferred))), "a:INTEGER c:DATE", "{origin:?}");
    }
    let declared = schema(&[("B", Some("TEXT")), ("z", None)], Declared, true);
    let shape = best(Some(&declared), Some(&inferred));
    assert_eq!(show(&shape), "a:INTEGER b:TEXT");
    assert_eq!(shape.columns[1].type_origin, Some(Declared));
    assert_eq!(show(&best(Some(&declared), Some(&open))), "a:INTEGER B:TEXT z:- +");
    let half = schema(&[("c", None)], Observed, true);
    assert_eq!(show(&best(Some(&half), Some(&inferred))), "a:INTEGER b:-");
    assert_eq!(show(&best(None, Some(&open))), "a:INTEGER +");
    assert_eq!(show(&best(Some(&declared), None)), "B:TEXT z:- +");
    assert_eq!(show(&best(None, None)), " +");
}
