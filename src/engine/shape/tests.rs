//! What is drift, what is knowledge: each case was once a false alarm or a missed change.

use super::*;
use tessera_model::Dialect;

fn table(origin: Origin, columns: &[(&str, Option<&str>, Option<bool>)]) -> TableSchema {
    let columns = columns.iter().map(|(n, t, null)| Column { nullable: *null, ..Column::new(*n, *t) }).collect();
    TableSchema { origin: Some(origin), ..TableSchema::new(Dialect::Postgres, columns) }
}

#[test]
fn an_observation_refines_opinions_without_drift() {
    let inferred = table(Origin::Inferred, &[("id", None, None), ("n", Some("bigint"), Some(false))]);
    let observed = table(Origin::Observed, &[("id", Some("integer"), Some(true)), ("n", Some("integer"), Some(true))]);
    let seen = comparable(&inferred, &observed);
    assert_eq!(seen.columns[0].data_type, None);
    assert_eq!((seen.columns[1].data_type.as_deref(), seen.columns[1].nullable), (Some("bigint"), Some(false)));
    let refined = refine(&inferred, &observed).unwrap();
    assert_eq!(refined.columns, observed.columns);
    assert_eq!(refine(&refined, &observed), None, "once is enough");
}

#[test]
fn what_was_observed_once_drifts() {
    let before = table(Origin::Observed, &[("id", Some("integer"), Some(false)), ("x", Some("text"), Some(true))]);
    let after = table(Origin::Observed, &[("id", Some("bigint"), Some(true))]);
    let seen = comparable(&before, &after);
    assert_eq!(seen.columns.len(), 1);
    assert_eq!((seen.columns[0].data_type.as_deref(), seen.columns[0].nullable), (Some("bigint"), Some(true)));
}

#[test]
fn a_type_that_the_engine_does_not_tell_is_no_change_and_is_kept() {
    let before = table(Origin::Observed, &[("total", Some("numeric"), None)]);
    let after = table(Origin::Observed, &[("total", None, None)]);
    assert_eq!(comparable(&before, &after).columns[0].data_type.as_deref(), Some("numeric"));
    assert_eq!(observed_contract(&before, &after).columns[0].data_type.as_deref(), Some("numeric"));
}

#[test]
fn types_are_compared_with_their_own_kind() {
    let accepted = table(Origin::Catalog, &[("amount", Some("numeric(18,2)"), None)]);
    let (b, a) =
        (table(Origin::Inferred, &[("amount", None, None)]), table(Origin::Inferred, &[("amount", None, None)]));
    let (was, is) = (
        table(Origin::Catalog, &[("amount", Some("numeric(18,2)"), None)]),
        table(Origin::Catalog, &[("amount", Some("double precision"), None)]),
    );
    let know = |firm, inferred| Known { firm, inferred };
    let next = proposed(&accepted, know(Some(&was), Some(&b)), know(Some(&is), Some(&a))).unwrap();
    assert_eq!(next.columns[0].data_type.as_deref(), Some("double precision"), "catalogs tell what inference cannot");
    let same = proposed(&accepted, know(Some(&was), Some(&b)), know(None, Some(&a))).unwrap();
    assert_eq!(same.columns[0].data_type.as_deref(), Some("numeric(18,2)"), "no knowledge is no change");
    let typed = table(Origin::Inferred, &[("amount", Some("numeric(10,2)"), None)]);
    let kept = proposed(&accepted, know(None, Some(&typed)), know(None, Some(&typed))).unwrap();
    assert_eq!(
        kept.columns[0].data_type.as_deref(),
        Some("numeric(18,2)"),
        "an inference that did not move moves nothing"
    );
}

#[test]
fn sql_decides_about_columns_even_against_a_catalog_of_the_same_run() {
    // `dbt docs generate` before `dbt run`: the catalog still shows what stood there before.
    let accepted = table(Origin::Catalog, &[("a", Some("text"), None), ("b", Some("text"), None)]);
    let catalog = accepted.clone();
    let b = table(Origin::Inferred, &[("a", Some("text"), None), ("b", Some("text"), None)]);
    let a = table(Origin::Inferred, &[("a", Some("text"), None)]);
    let next = proposed(
        &accepted,
        Known { firm: Some(&catalog), inferred: Some(&b) },
        Known { firm: Some(&catalog), inferred: Some(&a) },
    )
    .unwrap();
    assert_eq!(next.columns.len(), 1);
}

#[test]
fn what_dbt_adds_to_a_snapshot_by_itself_stays() {
    let accepted = table(Origin::Catalog, &[("id", Some("integer"), None), ("dbt_valid_to", Some("timestamp"), None)]);
    let sql = table(Origin::Inferred, &[("id", Some("integer"), None)]);
    let told = with_snapshot_columns(&accepted, &sql);
    let know = Known { firm: None, inferred: Some(&told) };
    assert_eq!(proposed(&accepted, know, know).unwrap(), accepted);
}
