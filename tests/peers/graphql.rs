//! GraphQL against `apollo-compiler`: random queries that are valid under one schema are validated under the other. Where
//! we say that a client copes, all of them are valid; a query that we show as a witness is valid before and not after.

mod queries;
mod schemas;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use schemas::Api;
use serde_json::json;
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_peers::{Rng, compare, seed, wanted, worst};

#[derive(Default, Debug)]
struct Tally {
    pairs: usize,
    queries: usize,
    copes: usize,
    fails: usize,
    /// Pairs that we say fail, where some random query was refused.
    refuted: usize,
    witnesses: usize,
}

fn valid(sdl: &str) -> Option<Valid<Schema>> {
    Schema::parse_and_validate(sdl, "schema.graphql").ok()
}

fn accepted(schema: &Valid<Schema>, query: &str) -> Result<(), String> {
    match ExecutableDocument::parse_and_validate(schema, query, "query.graphql") {
        Ok(_) => Ok(()),
        Err(e) => Err(e.errors.to_string()),
    }
}

#[test]
fn queries_stay_valid_where_we_say_so() {
    let mut rng = Rng::new(seed());
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    while tally.queries < wanted(3_000) {
        let (old, new) = schemas::pair(&mut rng);
        let (before, after) = (old.sdl(), new.sdl());
        let (Some(left), Some(right)) = (valid(&before), valid(&after)) else { continue };
        let told = compare(SchemaFormat::GraphQl, &json!(before), &json!(after))
            .unwrap_or_else(|e| panic!("{e}:\n{before}\n{after}"));
        tally.pairs += 1;
        let letters = |sdl: &str| {
            let mut all: Vec<char> = sdl.chars().collect();
            all.sort_unstable();
            all
        };
        // The order of arguments says nothing.
        if letters(&before) != letters(&after) && told.changes.is_empty() {
            wrong.push(format!("nothing is told:\n{before}\n{after}"));
        }
        let rules: Vec<_> = told.changes.iter().map(|c| format!("{} {} {:?}", c.rule, c.path, c.reads)).collect();
        let (reads, writes) = worst(&told.changes);
        let sides: [(Judgment, &Api, &Valid<Schema>, &Valid<Schema>); 2] =
            [(reads, &old, &left, &right), (writes, &new, &right, &left)];
        for (judgment, api, own, other) in sides {
            let mut refused = None;
            for _ in 0..10 {
                let query = queries::of(api, &mut rng);
                if let Err(why) = accepted(own, &query) {
                    panic!("not valid under its own schema: {why}\n{query}\n{before}\n{after}");
                }
                tally.queries += 1;
                if refused.is_none()
                    && let Err(why) = accepted(other, &query)
                {
                    refused = Some(format!("{query}\n{why}"));
                }
            }
            let copes = judgment <= Judgment::Risky;
            tally.copes += usize::from(copes);
            tally.fails += usize::from(!copes);
            tally.refuted += usize::from(!copes && refused.is_some());
            if let Some(why) = refused.filter(|_| copes) {
                wrong.push(format!("{judgment:?}: {why}\n--- old\n{before}\n--- new\n{after}\n{rules:?}"));
            }
        }
        for change in told.changes.iter().filter(|c| c.witness.is_some()) {
            let query = change.witness.as_ref().and_then(|w| w.as_str()).unwrap();
            tally.witnesses += 1;
            let (was, is) = (accepted(&left, query), accepted(&right, query));
            // The peer does not look at variables within objects.
            let unseen = change.rule == "input-field-type-changed" && query.contains("$v");
            if was.is_err() || is.is_ok() && !unseen {
                wrong.push(format!("{} {}: {query}\n{was:?}\n{is:?}\n{before}\n{after}", change.rule, change.path));
            }
        }
    }
    eprintln!("{tally:?}");
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n\n"));
}
