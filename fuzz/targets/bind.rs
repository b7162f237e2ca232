//! Binding, against a catalog that knows a few short names.

#![no_main]

use tessera_lineage::{Catalog, Defaults, analyze};
use tessera_model::lineage::Resolution;
use tessera_model::{Column, TableName, TableSchema};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((dialect, text)) = tessera_fuzz::input(data) else { return };
    let mut catalog = Catalog::new(dialect);
    for (name, columns) in [("t", ["a", "b", "c"]), ("u", ["a", "d", "e"])] {
        let columns = columns.map(|c| Column::new(c, Some("STRUCT<a INT, b ARRAY<INT>>"))).to_vec();
        catalog.insert(TableName::new(None, None, name), TableSchema::new(dialect, columns));
    }
    let got = analyze(text, dialect, &catalog, &Defaults::default());
    if matches!(got.resolution, Resolution::Unparsed | Resolution::TableOnly) {
        assert!(!got.diagnostics.is_empty(), "{dialect}: {text}");
    }
});
