//! Avro against `apache-avro`. Two questions: does its `SchemaCompatibility`, demanding *Full*, say what we say; and are
//! values that it encodes under one schema decoded under the other where we say so, and the same.

mod schemas;
mod values;

use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, types};
use serde_json::Value;
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_peers::{Rng, compare, seed, wanted, worst};

/// A pair of schemas, and the peer's reading of both; `None` where the peer does not read one.
fn parsed(old: &Value, new: &Value) -> Option<(Schema, Schema)> {
    Some((Schema::parse(old).ok()?, Schema::parse(new).ok()?))
}

#[derive(Default, Debug)]
struct Tally {
    pairs: usize,
    values: usize,
    ok: usize,
    risky: usize,
    fails: usize,
    /// Pairs that we call risky, and where some value was refused (bytes that are no text).
    harmed: usize,
    /// Pairs that we say fail, where some value was refused.
    refuted: usize,
}

#[test]
fn values_are_read_where_we_say_so() {
    values_under(schemas::Taste::PLAIN);
}

#[test]
fn values_with_a_meaning_are_read_where_we_say_so() {
    values_under(schemas::Taste { logical: true, ..schemas::Taste::PLAIN });
}

fn values_under(taste: schemas::Taste) {
    let mut rng = Rng::new(seed());
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    while tally.values < wanted(4_000) {
        let (old, new) = schemas::pair(&mut rng, taste);
        if [&old, &new].into_iter().any(|s| !schemas::told_apart(s) || schemas::decimal_with_default(s)) {
            continue;
        }
        let Some((before, after)) = parsed(&old, &new) else { continue };
        let told = compare(SchemaFormat::Avro, &old, &new).unwrap_or_else(|e| panic!("{e}: {old} {new}"));
        let (reads, writes) = worst(&told.changes);
        tally.pairs += 1;
        for (judgment, writer, reader) in [(reads, &after, &before), (writes, &before, &after)] {
            let mut refused = None;
            for _ in 0..12 {
                let Some(value) = values::of(writer, &mut rng) else { break };
                tally.values += 1;
                refused = refused.or(carried(writer, reader, value, judgment));
            }
            match judgment {
                Judgment::Ok => tally.ok += 1,
                Judgment::Risky => {
                    tally.risky += 1;
                    tally.harmed += usize::from(refused.is_some());
                }
                _ => {
                    tally.fails += 1;
                    tally.refuted += usize::from(refused.is_some());
                }
            }
            if let Some(why) = refused.filter(|_| judgment == Judgment::Ok) {
                let changes: Vec<_> = told.changes.iter().map(|c| (&c.rule, &c.path)).collect();
                wrong.push(format!("{judgment:?}: {why}\n  old {old}\n  new {new}\n  {changes:?}"));
            }
        }
    }
    eprintln!("{tally:?}");
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
}

/// Sends a value from a writer to a reader: what went wrong, if anything did.
fn carried(writer: &Schema, reader: &Schema, value: types::Value, judgment: Judgment) -> Option<String> {
    let bytes = GenericDatumWriter::builder(writer).build().unwrap().write_value_to_vec(value).unwrap();
    let plain = GenericDatumReader::builder(writer).build().unwrap().read_value(&mut bytes.as_slice()).unwrap();
    let resolving = GenericDatumReader::builder(writer).reader_schema(reader).build().unwrap();
    match resolving.read_value(&mut bytes.as_slice()) {
        Err(e) => Some(format!("{plain:?} is refused: {e}")),
        Ok(read) if judgment == Judgment::Ok && !values::agree(&plain, &read) => {
            Some(format!("{plain:?} is read as {read:?}"))
        }
        Ok(_) => None,
    }
}

#[test]
fn the_peers_full_is_what_we_say() {
    let mut rng = Rng::new(seed());
    let (mut pairs, mut gaps, mut wrong) = (0, 0, Vec::new());
    while pairs < wanted(1_000) {
        let (old, new) = schemas::pair(&mut rng, schemas::Taste::PLAIN);
        let Some((before, after)) = parsed(&old, &new) else { continue };
        let told = match compare(SchemaFormat::Avro, &old, &new) {
            // Two edits may give one name, which the peer does not mind.
            Err(e) if e.to_string().contains("defined twice") => continue,
            told => told.unwrap(),
        };
        let (reads, writes) = worst(&told.changes);
        pairs += 1;
        for (judgment, new_is_read) in [(reads, true), (writes, false)] {
            let asked = |before: &Schema, after: &Schema| {
                let (writer, reader) = if new_is_read { (after, before) } else { (before, after) };
                matches!(SchemaCompatibility::can_read(writer, reader), Ok(Compatibility::Full))
            };
            let ours = judgment <= Judgment::Risky;
            if asked(&before, &after) == ours {
                continue;
            }
            // Asked without what it gets wrong, the peer must say the same.
            let (plain_old, plain_new) = (schemas::without_gaps(&old), schemas::without_gaps(&new));
            let again = parsed(&plain_old, &plain_new).map(|(before, after)| asked(&before, &after));
            if (&plain_old, &plain_new) != (&old, &new) && again == Some(ours) {
                gaps += 1;
                continue;
            }
            let changes: Vec<_> = told.changes.iter().map(|c| (&c.rule, &c.path)).collect();
            wrong.push(format!("peer {}, we {judgment:?}\n  old {old}\n  new {new}\n  {changes:?}", !ours));
        }
    }
    eprintln!("{pairs} pairs, {gaps} judgments with a gap of the peer");
    assert!(wrong.is_empty(), "{} of {pairs}:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
}

#[test]
fn every_difference_is_told() {
    let mut rng = Rng::new(seed());
    let taste = schemas::Taste { logical: true, aliases: true, namespaces: true };
    let mut differ = 0;
    for _ in 0..wanted(3_000) / 3 {
        let (old, new) = schemas::pair(&mut rng, taste);
        // An edit may leave a name that leads nowhere.
        let Ok(told) = compare(SchemaFormat::Avro, &old, &new) else { continue };
        differ += usize::from(old != new);
        assert_eq!(told.changes.is_empty(), old == new, "{old}\n{new}\n{:?}", told.changes);
    }
    assert!(differ > wanted(3_000) / 6, "{differ}");
}
