//! Schema resolution (Avro 1.12): does a reader's schema resolve a writer's? Each pair of types is judged on its own
//! and names the pairs its values lead to; the whole is as bad as the worst pair that can be reached, so recursion
//! needs no stack and a cycle adds nothing. Every branch a writer may send must resolve (the demand is *full*).

use super::defaults;
use super::model::{Field, Id, Kind, Logical, Name, Node, Primitive, Schema};
use std::collections::{HashMap, HashSet};
use tessera_model::change::Judgment;

pub(super) struct Resolver<'a> {
    reader: &'a Schema,
    writer: &'a Schema,
    unions: HashMap<Id, HashMap<(&'static str, &'a str), Vec<Id>>>,
    budget: u64,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(reader: &'a Schema, writer: &'a Schema, budget: u64) -> Self {
        Resolver { reader, writer, unions: HashMap::new(), budget }
    }

    /// The worst judgment among all pairs that values of `w` read as `r` lead to.
    pub(super) fn verdict(&mut self, r: Id, w: Id) -> Judgment {
        let mut seen = HashSet::from([(r, w)]);
        let mut open = vec![(r, w)];
        let mut next = Vec::new();
        let mut worst = Judgment::Ok;
        while let Some((r, w)) = open.pop() {
            if self.budget == 0 {
                return Judgment::Undecided;
            }
            self.budget -= 1;
            worst = worst.max(self.step(r, w, &mut next));
            if worst == Judgment::Fails {
                return worst;
            }
            self.budget = self.budget.saturating_sub(next.len() as u64 / 8);
            open.extend(next.drain(..).filter(|pair| seen.insert(*pair)));
        }
        worst
    }

    /// One pair by itself; where its values lead goes to `next`.
    fn step(&mut self, r: Id, w: Id, next: &mut Vec<(Id, Id)>) -> Judgment {
        let (reader, writer) = (self.reader, self.writer);
        let (rn, wn) = (reader.node(r), writer.node(w));
        if let Kind::Union(branches) = &wn.kind {
            next.extend(branches.iter().map(|b| (r, *b)));
            return Judgment::Ok;
        }
        if let Kind::Union(branches) = &rn.kind {
            return match self.branch(r, branches, wn) {
                Some(b) => {
                    next.push((b, w));
                    Judgment::Ok
                }
                None => Judgment::Fails,
            };
        }
        let shallow = names(rn, wn).max(meaning(&rn.logical, &wn.logical));
        match (&rn.kind, &wn.kind) {
            (Kind::Primitive(a), Kind::Primitive(b)) => promotes(*b, *a).max(shallow),
            (Kind::Array(a), Kind::Array(b)) | (Kind::Map(a), Kind::Map(b)) => {
                next.push((*a, *b));
                shallow
            }
            (Kind::Fixed(a), Kind::Fixed(b)) if a == b => shallow,
            (Kind::Enum { symbols, default }, Kind::Enum { symbols: sent, .. }) => {
                let known: HashSet<&str> = symbols.iter().map(String::as_str).collect();
                let all = sent.iter().all(|s| known.contains(s.as_str()));
                shallow.max(match (all, default) {
                    (true, _) => Judgment::Ok,
                    (false, Some(_)) => Judgment::Risky,
                    (false, None) => Judgment::Fails,
                })
            }
            (Kind::Record(fields), Kind::Record(sent)) => {
                let sent = FieldIndex::new(sent);
                let mut worst = shallow;
                for field in fields {
                    match sent.source(field) {
                        Some(from) => next.push((field.ty, from.ty)),
                        None => worst = worst.max(filled(reader, field)),
                    }
                }
                worst
            }
            _ => Judgment::Fails,
        }
    }

    /// The branch of a reader's union that a writer's type is read as: the same type first, then by an alias, then the
    /// first that it can be promoted to.
    fn branch(&mut self, union: Id, branches: &'a [Id], wanted: &Node) -> Option<Id> {
        let reader = self.reader;
        let index = self.unions.entry(union).or_insert_with(|| {
            let mut index: HashMap<_, Vec<Id>> = HashMap::new();
            for branch in branches {
                let node = reader.node(*branch);
                let word = node.name.as_ref().map_or("", |n| n.word.as_str());
                index.entry((node.kind.word(), word)).or_default().push(*branch);
                for alias in &node.aliases {
                    index.entry((node.kind.word(), alias.word.as_str())).or_default().push(*branch);
                }
            }
            index
        });
        let word = wanted.name.as_ref().map_or("", |n| n.word.as_str());
        if let Some(found) = index.get(&(wanted.kind.word(), word)) {
            return found.iter().copied().min_by_key(|b| names(reader.node(*b), wanted));
        }
        let Kind::Primitive(sent) = wanted.kind else { return None };
        branches
            .iter()
            .copied()
            .find(|b| matches!(reader.node(*b).kind, Kind::Primitive(read) if promotes(sent, read) != Judgment::Fails))
    }
}

/// A reader's value for a field that no writer sends.
pub(super) fn filled(reader: &Schema, field: &Field) -> Judgment {
    match &field.default {
        Some(value) => defaults::fits(reader, field.ty, value),
        None => Judgment::Fails,
    }
}

/// Do the names of two named types match? By the unqualified name, or by one of the reader's aliases. A changed
/// namespace matches by the specification, but not in every implementation.
pub(super) fn names(reader: &Node, writer: &Node) -> Judgment {
    match (&reader.name, &writer.name) {
        (Some(r), Some(w)) if r == w || reader.aliases.contains(w) => Judgment::Ok,
        (Some(r), Some(w)) if r.word == w.word => Judgment::Risky,
        (Some(_), Some(w)) if reader.aliases.iter().any(|a: &Name| a.word == w.word) => Judgment::Risky,
        (Some(_), Some(_)) => Judgment::Fails,
        _ => Judgment::Ok,
    }
}

/// Can values sent as one primitive type be read as another? Risky where digits or bytes may be lost.
pub(super) fn promotes(sent: Primitive, read: Primitive) -> Judgment {
    use Primitive::{Bytes, Double, Float, Int, Long, String};
    match (sent, read) {
        (a, b) if a == b => Judgment::Ok,
        (Int, Long | Double) | (Float, Double) | (String, Bytes) => Judgment::Ok,
        (Int, Float) | (Long, Float | Double) | (Bytes, String) => Judgment::Risky,
        _ => Judgment::Fails,
    }
}

/// Values whose plain types resolve, read with another meaning. Decimals must agree in precision and scale.
pub(super) fn meaning(reader: &Option<Logical>, writer: &Option<Logical>) -> Judgment {
    match (reader, writer) {
        (a, b) if a == b => Judgment::Ok,
        (Some(Logical::Custom(_)) | None, _) | (_, Some(Logical::Custom(_)) | None) => Judgment::Risky,
        (Some(Logical::Decimal { .. } | Logical::Known(_)), Some(Logical::Decimal { .. } | Logical::Known(_))) => {
            Judgment::Fails
        }
    }
}

/// A writer's fields by name, and which of them a reader's field is read from.
pub(super) struct FieldIndex<'a>(HashMap<&'a str, &'a Field>);

impl<'a> FieldIndex<'a> {
    pub(super) fn new(fields: &'a [Field]) -> Self {
        FieldIndex(fields.iter().map(|f| (f.name.as_str(), f)).collect())
    }

    pub(super) fn named(&self, name: &str) -> Option<&'a Field> {
        self.0.get(name).copied()
    }

    pub(super) fn source(&self, reader: &Field) -> Option<&'a Field> {
        self.named(&reader.name).or_else(|| reader.aliases.iter().find_map(|alias| self.named(alias)))
    }
}
