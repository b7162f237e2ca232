//! The fixture projects orchard and growth: their artifacts, changed copies of them, and the warehouse they build.

use crate::postgres::TestDatabase;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_owned()
}

/// The artifacts of one version of orchard, built on `duck` or `pg`.
pub fn orchard(version: u8, engine: &str) -> PathBuf {
    root().join(format!("fixtures/dbt/orchard/v{version}/{engine}"))
}

/// The artifacts of growth, which reads orchard's tables as sources.
pub fn growth(engine: &str) -> PathBuf {
    root().join("fixtures/dbt/growth").join(engine)
}

/// The text of the manifest in a folder of artifacts.
pub fn manifest_text(artifacts: &Path) -> String {
    let bytes = std::fs::read(artifacts.join("manifest.json.gz")).expect("the fixture is there");
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("the fixture is whole");
    text
}

pub fn manifest(artifacts: &Path) -> Value {
    serde_json::from_str(&manifest_text(artifacts)).expect("the fixture is JSON")
}

/// A name of orchard's database in names of relations and in compiled SQL, replaced in all of an artifact: tests run side by
/// side on one server, each in a database of its own.
pub fn in_database(text: &str, database: &str) -> String {
    text.replace("\\\"orchard\\\".", &format!("\\\"{database}\\\"."))
        .replace("\"database\": \"orchard\"", &format!("\"database\": \"{database}\""))
        .replace("\"database\":\"orchard\"", &format!("\"database\":\"{database}\""))
}

/// Writes a `target/` as dbt leaves it (plain manifest.json, catalog.json), its database renamed.
pub fn write_target(target: &Path, artifacts: &Path, database: &str) {
    std::fs::create_dir_all(target).expect("a folder can be made");
    let catalog = std::fs::read_to_string(artifacts.join("catalog.json")).expect("the fixture is there");
    std::fs::write(target.join("catalog.json"), in_database(&catalog, database)).expect("the catalog can be written");
    put_manifest(target, &in_database(&manifest_text(artifacts), database));
}

/// Replaces manifest.json as a careful tool would: whole, in one step.
pub fn put_manifest(target: &Path, text: &str) {
    let new = target.join("manifest.json.new");
    std::fs::write(&new, text).expect("the manifest can be written");
    std::fs::rename(&new, target.join("manifest.json")).expect("the manifest can be put in place");
}

/// A manifest as another run of dbt would leave it.
pub fn another_run(mut manifest: Value) -> Value {
    manifest["metadata"]["invocation_id"] = Value::String(uuid::Uuid::now_v7().to_string());
    manifest["metadata"]["generated_at"] = Value::String(jiff::Timestamp::now().to_string());
    manifest
}

/// Writes a manifest into a folder; `.gz` names are zipped.
pub fn write_manifest(path: &Path, manifest: &Value) {
    let text = manifest.to_string();
    if path.extension().is_some_and(|e| e == "gz") {
        let file = std::fs::File::create(path).expect("the manifest can be made");
        let mut zip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        zip.write_all(text.as_bytes()).and_then(|()| zip.finish().map(drop)).expect("the manifest can be written");
    } else {
        std::fs::write(path, text).expect("the manifest can be written");
    }
}

/// Builds in PostgreSQL what dbt builds of orchard v1.
pub fn load(database: &TestDatabase) {
    database.sql(include_str!("orchard_pg.sql")).expect("orchard can be built");
}
