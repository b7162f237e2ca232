//! A pair of schemas in one direction -> findings. Rules say what differs at each place; where one of them says that
//! something breaks, or none explains the difference, containment is asked: a proof takes the rules' word back, a
//! counterexample is shown as the witness. Each pair is compared once, whatever the number of its uses.

use super::lift::{annotation, lifted, nullable, without_patterns};
use super::read::{Doc, Version, reference};
use super::{Flow, Walk};
use crate::json_schema::{Containment, contained_within};
use crate::table::{Say, build};
use serde_json::{Map, Value, json};
use std::rc::Rc;
use tessera_model::change::{ChangeKind, Judgment};

/// Schemas within schemas that are followed.
const MOST_LEVELS: usize = 100;
/// Findings of one pair of schemas.
const MOST_FINDINGS: usize = 400;

pub(crate) type Findings = Rc<Vec<Finding>>;

#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// What happened, without the place: `max-decreased`; or the whole rule id where `exact`.
    pub what: String,
    pub exact: bool,
    /// Below a property.
    pub deep: bool,
    /// Steps from the schema, as a JSON pointer.
    pub path: String,
    pub column: Option<String>,
    pub kind: ChangeKind,
    pub reads: Judgment,
    pub writes: Judgment,
    /// Stands whatever containment says.
    pub firm: bool,
    pub before: Value,
    pub after: Value,
    pub said: String,
    pub witness: Option<Value>,
}

impl Finding {
    pub(crate) fn new(
        what: &str,
        judged: (Judgment, Judgment),
        before: Option<&Value>,
        after: Option<&Value>,
        said: impl Into<String>,
    ) -> Finding {
        Finding {
            what: what.to_owned(),
            exact: false,
            deep: false,
            path: String::new(),
            column: None,
            kind: ChangeKind::Structural,
            reads: judged.0,
            writes: judged.1,
            firm: false,
            before: small(before),
            after: small(after),
            said: said.into(),
            witness: None,
        }
    }

    /// The same, seen from further up.
    pub(crate) fn under(&self, steps: &str, property: Option<&str>) -> Finding {
        let mut out = self.clone();
        out.path = format!("{steps}{}", self.path);
        out.deep |= property.is_some();
        if let Some(name) = property {
            out.column = Some(name.to_owned());
        }
        out
    }
}

/// Values are shown, whole schemas are not.
fn small(value: Option<&Value>) -> Value {
    match value {
        None => Value::Null,
        Some(v) if super::keywords::size(v, 60) => v.clone(),
        Some(_) => json!("…"),
    }
}

/// Where a schema is used.
pub(crate) struct Place<'p> {
    /// `request-body`, and `request-property` below its properties.
    pub stem: &'static str,
    pub inner: &'static str,
    pub path: &'p str,
}

pub(crate) fn step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// What was noticed at a place itself, not below.
#[derive(Default)]
pub(crate) struct Here {
    /// A finding.
    pub told: bool,
    /// A difference that only containment can judge.
    pub unsure: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn report(&mut self, place: &Place<'_>, found: &[Finding]) {
        for f in found {
            let rule = match (f.exact, f.deep) {
                (true, _) => f.what.replace('@', place.stem.trim_end_matches("-body")),
                (false, true) => format!("{}-{}", place.inner, f.what),
                (false, false) => format!("{}-{}", place.stem, f.what),
            };
            let path = if f.path.is_empty() { place.path.to_owned() } else { format!("{} {}", place.path, f.path) };
            let mut change = build(&rule, &path, f.kind, f.reads, f.writes)
                .values(f.before.clone(), f.after.clone())
                .says(f.said.clone());
            change.column = f.column.clone();
            change.witness = f.witness.clone();
            self.tell(change);
        }
    }

    pub(crate) fn schema(&mut self, a: &'a Value, b: &'a Value, flow: Flow, level: usize) -> Findings {
        if self.same.same(a, b) {
            return Rc::default();
        }
        let open = (Judgment::Undecided, Judgment::Undecided);
        let (Some(a), Some(b)) = (self.bare(self.old, a), self.bare(self.new, b)) else {
            let found = Finding::new("schema-unresolved", open, Some(a), Some(b), "a reference leads nowhere");
            return Rc::new(vec![found]);
        };
        let key = (std::ptr::from_ref(a) as usize, std::ptr::from_ref(b) as usize, flow);
        if let Some(known) = self.memo.get(&key) {
            return Rc::clone(known);
        }
        if self.same.same(a, b) || self.open.contains(&key) {
            return Rc::default();
        }
        if level > MOST_LEVELS || self.places == 0 {
            let why =
                if level > MOST_LEVELS { "schemas are nested too deeply" } else { "the budget of visits ran out" };
            return Rc::new(vec![Finding::new("schema-undecided", open, None, None, why)]);
        }
        self.places -= 1;
        self.open.push(key);
        let mut found = match (a.as_object(), b.as_object()) {
            (Some(x), Some(y)) => self.object(a, b, x, y, flow, level),
            _ => {
                let mut found = vec![Finding::new(
                    "schema-changed",
                    flow.judge(true, true),
                    Some(a),
                    Some(b),
                    "the schema changed",
                )];
                self.arbitrate(a, b, flow, &mut found, true);
                found
            }
        };
        if found.len() > MOST_FINDINGS {
            let worst = |f: fn(&Finding) -> Judgment| found.iter().map(f).max().unwrap_or(Judgment::Ok);
            let rest = Finding::new(
                "more-changes",
                (worst(|f| f.reads), worst(|f| f.writes)),
                None,
                None,
                "more changes are not listed",
            );
            found.truncate(MOST_FINDINGS);
            found.push(rest);
        }
        self.open.pop();
        let found: Findings = Rc::new(found);
        self.memo.insert(key, Rc::clone(&found));
        found
    }

    /// The schema behind a reference; one with siblings that count (3.1) stays.
    fn bare(&self, doc: Doc<'a>, value: &'a Value) -> Option<&'a Value> {
        let lone = |v: &Value| {
            doc.version != Version::ThreeOne
                || v.as_object().is_some_and(|f| f.keys().all(|k| k == "$ref" || annotation(k)))
        };
        let mut at = value;
        for _ in 0..64 {
            match reference(at) {
                Some(to) if lone(at) => at = doc.target(to)?,
                _ => return Some(at),
            }
        }
        None
    }

    fn object(
        &mut self,
        a: &'a Value,
        b: &'a Value,
        x: &'a Map<String, Value>,
        y: &'a Map<String, Value>,
        flow: Flow,
        level: usize,
    ) -> Vec<Finding> {
        let mut found = Vec::new();
        super::keywords::plain(a, b, flow, &mut found);
        super::keywords::lists(a, b, flow, &mut found);
        let explained = !found.is_empty();
        let mut here = Here { told: explained, ..Here::default() };
        self.children(x, y, flow, level, &mut found, &mut here);
        self.unions(x, y, flow, level, &mut found, &mut here);
        // A rule sees one keyword: `minimum` that becomes `exclusiveMinimum` is one bound less and one more, and one more
        // of a `oneOf` may match twice. Where anything was told, containment has the last word both ways.
        here.unsure |= here.told;
        self.members(a, b, flow, level, &mut found, &mut here);
        // A difference that no rule names.
        let rest = |f: &Map<String, Value>, k: &str| f.get(k).cloned();
        let unnamed = !explained
            && x.keys()
                .chain(y.keys())
                .any(|k| !annotation(k) && !super::keywords::named(k) && rest(x, k) != rest(y, k));
        here.unsure |= unnamed;
        if here.told || here.unsure {
            self.arbitrate(a, b, flow, &mut found, here.unsure);
        }
        found
    }

    /// Asks containment about a pair.
    pub(crate) fn arbitrate(&mut self, a: &'a Value, b: &'a Value, flow: Flow, found: &mut Vec<Finding>, force: bool) {
        // With keywords for a type that is excluded, tools disagree about what was meant: the rules' word stands.
        if contradictory(a) || contradictory(b) {
            found.iter_mut().for_each(|f| f.firm = true);
            return;
        }
        let alike = self.alike_properties(a, b);
        let mut proofs = 0;
        let suspects: Vec<bool> =
            found.iter().map(|f| !f.firm && (f.reads == Judgment::Fails || f.writes == Judgment::Fails)).collect();
        for reads in [true, false] {
            let judgment = |f: &Finding| if reads { f.reads } else { f.writes };
            let failing = found.iter().any(|f| judgment(f) == Judgment::Fails && !f.firm);
            if !failing && !force {
                continue;
            }
            let old_sends = (flow == Flow::ToServer) == reads;
            match self.within(a, b, flow, old_sends, &alike) {
                Containment::Proved => {
                    proofs += 1;
                    for f in found.iter_mut().filter(|f| !f.firm) {
                        let slot = if reads { &mut f.reads } else { &mut f.writes };
                        if *slot == Judgment::Fails {
                            *slot = Judgment::Ok;
                        }
                    }
                }
                Containment::Refuted(witness) => {
                    let wanted = |j: Judgment| j == Judgment::Fails;
                    match found.iter_mut().find(|f| wanted(if reads { f.reads } else { f.writes })) {
                        Some(f) if reads && f.witness.is_none() => f.witness = Some(witness),
                        Some(_) => {}
                        None => {
                            let judged =
                                if reads { (Judgment::Fails, Judgment::Ok) } else { (Judgment::Ok, Judgment::Fails) };
                            let mut whole =
                                Finding::new("schema-changed", judged, None, None, "other values are valid now");
                            whole.witness = Some(witness);
                            found.push(whole);
                        }
                    }
                }
                Containment::Undecided(why) if !failing => {
                    let judged =
                        if reads { (Judgment::Undecided, Judgment::Ok) } else { (Judgment::Ok, Judgment::Undecided) };
                    let said = format!("whether the same values are valid could not be decided: {why}");
                    found.push(Finding::new("schema-changed", judged, None, None, said));
                }
                Containment::Undecided(_) => {}
            }
        }
        // Both ways: another way to say the same, which is no change of the interface.
        let only = |pick: fn(&Finding) -> Judgment| found.iter().all(|f| pick(f) != Judgment::Fails);
        if proofs > 0 && only(|f| f.reads) && only(|f| f.writes) {
            let harmless = |f: &Finding| f.reads == Judgment::Ok && f.writes == Judgment::Ok;
            for (f, _) in found.iter_mut().zip(suspects).filter(|(f, suspect)| *suspect && harmless(f)) {
                f.kind = ChangeKind::Documentation;
            }
        }
    }

    fn within(&mut self, a: &'a Value, b: &'a Value, flow: Flow, old_sends: bool, alike: &[&str]) -> Containment {
        let undecided = |why: &str| Containment::Undecided(why.to_owned());
        for cut in [&[][..], alike] {
            let old = lifted(self.old, a, flow, old_sends, cut);
            let new = lifted(self.new, b, flow, !old_sends, cut);
            let (Some(old), Some(new)) = (old, new) else {
                continue;
            };
            let (sub, mut sup) = if old_sends { (old, new) } else { (new, old) };
            if flow == Flow::FromServer {
                without_patterns(&mut sup);
            }
            let given = (self.budget / 8).max(500).min(self.budget);
            let mut left = given;
            let answer = contained_within(&sub, &sup, &mut left);
            self.budget = self.budget.saturating_sub((given - left).max(1));
            let mut answer = match answer {
                Ok(answer) => answer,
                Err(e) => undecided(&e.to_string()),
            };
            if matches!(answer, Containment::Refuted(_)) && !cut.is_empty() {
                // The witness has anything at the places that were left out.
                answer = Containment::Refuted(Value::Null);
            }
            return answer;
        }
        undecided("the schemas are too large to be compared as a whole")
    }

    /// Properties that are the same on both sides.
    fn alike_properties(&self, a: &'a Value, b: &'a Value) -> Vec<&'a str> {
        let (Some(p), Some(q)) =
            (a.get("properties").and_then(Value::as_object), b.get("properties").and_then(Value::as_object))
        else {
            return Vec::new();
        };
        p.iter().filter(|(k, v)| q.get(*k).is_some_and(|w| self.same.same(v, w))).map(|(k, _)| k.as_str()).collect()
    }
}

/// Demands something of a type that it excludes.
fn contradictory(schema: &Value) -> bool {
    let objects = schema.get("required").is_some_and(Value::is_array) && schema.get("properties").is_some();
    let kind = schema.get("type");
    let about = |word: &str| match kind {
        None => true,
        Some(Value::String(s)) => s == word,
        Some(Value::Array(list)) => list.iter().any(|t| t == word),
        Some(_) => true,
    };
    objects && !about("object") && !nullable(schema)
}
