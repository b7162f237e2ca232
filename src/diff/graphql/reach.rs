//! How a client gets at things: the shortest way from a root to each type, a place that takes each input type, and the
//! simplest values that a schema accepts.

use super::model::{Field, Kind, Schema, TypeRef};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Steps of a way beyond which no query is shown.
const MOST_STEPS: usize = 60;
/// Values in one call: input types that need each other twice would double at every level.
const MOST_VALUES: usize = 200;
/// Input types within input types that a value is written out for.
const MOST_LEVELS: usize = 20;

/// A step to a type: by a field of another one, or by a fragment.
#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str, &'a Field),
    Fragment(&'a str),
    /// The operation that starts here.
    Root(&'a str),
}

/// Where a value of a type is taken: in an argument of a field, of a directive, or in a field of another input type.
#[derive(Clone, Copy)]
pub(super) enum Taker<'a> {
    Argument(&'a str, &'a Field, &'a Field),
    Input(&'a str, &'a Field),
}

pub(super) struct Reach<'a> {
    schema: &'a Schema,
    ways: HashMap<&'a str, Step<'a>>,
    takers: HashMap<&'a str, Taker<'a>>,
    /// Values that may still be written out for one call.
    left: Cell<usize>,
}

pub(super) fn composite(kind: Kind) -> bool {
    matches!(kind, Kind::Object | Kind::Interface | Kind::Union)
}

impl<'a> Reach<'a> {
    pub(super) fn of(schema: &'a Schema) -> Self {
        let mut reach = Reach { schema, ways: HashMap::new(), takers: HashMap::new(), left: Cell::new(0) };
        reach.ways();
        reach.takers();
        reach
    }

    fn ways(&mut self) {
        let schema = self.schema;
        let mut implementers: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
        for (name, ty) in &schema.types {
            for interface in &ty.interfaces {
                implementers.entry(&interface.name).or_default().push(name);
            }
        }
        let mut queue = VecDeque::new();
        // A subscription may have one field only: not every document that asks there is valid.
        for root in ["query", "mutation"] {
            if let Some(name) = schema.roots.get(root) {
                self.ways.entry(name).or_insert(Step::Root(root));
                queue.push_back(name.as_str());
            }
        }
        while let Some(name) = queue.pop_front() {
            let Some(ty) = schema.types.get(name) else { continue };
            let fields = if ty.kind == Kind::Input { &[][..] } else { ty.fields.as_slice() };
            let mut next: Vec<(&'a str, Step<'a>)> =
                fields.iter().map(|f| (f.ty.name.as_str(), Step::Field(name, f))).collect();
            next.extend(ty.members.iter().map(|m| (m.name.as_str(), Step::Fragment(name))));
            next.extend(implementers.get(name).into_iter().flatten().map(|i| (*i, Step::Fragment(name))));
            for (to, step) in next {
                let there = schema.types.get(to).is_some_and(|t| composite(t.kind));
                let callable = !matches!(step, Step::Field(_, f) if self.call(f, None).is_none());
                if there && callable && !self.ways.contains_key(to) {
                    self.ways.insert(to, step);
                    queue.push_back(to);
                }
            }
        }
    }

    fn takers(&mut self) {
        let schema = self.schema;
        let mut queue = VecDeque::new();
        let reached = schema.types.iter().filter(|(name, _)| self.ways.contains_key(name.as_str()));
        for (name, ty) in reached.filter(|(_, t)| t.kind != Kind::Input) {
            for field in &ty.fields {
                for arg in &field.args {
                    let to = arg.ty.name.as_str();
                    if !self.takers.contains_key(to) {
                        self.takers.insert(to, Taker::Argument(name, field, arg));
                        queue.push_back(to);
                    }
                }
            }
        }
        while let Some(name) = queue.pop_front() {
            let Some(ty) = schema.types.get(name).filter(|t| t.kind == Kind::Input) else { continue };
            for field in &ty.fields {
                let to = field.ty.name.as_str();
                if !self.takers.contains_key(to) {
                    self.takers.insert(to, Taker::Input(name, field));
                    queue.push_back(to);
                }
            }
        }
    }

    /// A whole document with `inner` asked of a type. `named` repeats the type's name where `new` leads elsewhere by then.
    pub(super) fn document(&self, ty: &str, inner: &str, head: &str, new: &Schema) -> Option<String> {
        let mut text = inner.to_owned();
        let (mut at, mut steady, mut steps) = (ty, true, 0);
        let mut wrapped = Vec::new();
        loop {
            steps += 1;
            if steps > MOST_STEPS {
                return None;
            }
            match *self.ways.get(at)? {
                Step::Root(root) => {
                    steady &= new.roots.get(root).map(String::as_str) == Some(at);
                    if !steady {
                        text = format!("... on {ty} {{ {text} }}");
                    }
                    for (open, close) in wrapped {
                        text = format!("{open} {{ {text} }}{close}");
                    }
                    return Some(format!("{root}{head} {{ {text} }}"));
                }
                Step::Field(from, field) => {
                    let now = new.types.get(from).and_then(|t| t.fields.iter().find(|f| f.name == field.name));
                    steady &= now.is_some_and(|f| f.ty.name == field.ty.name);
                    wrapped.push((self.call(field, None)?, ""));
                    at = from;
                }
                Step::Fragment(from) => {
                    wrapped.push((format!("... on {at}"), ""));
                    at = from;
                }
            }
        }
    }

    /// A field with the arguments it demands, and one more.
    pub(super) fn call(&self, field: &Field, more: Option<(&str, &str)>) -> Option<String> {
        Some(format!("{}{}", field.name, self.arguments(&field.args, more)?))
    }

    pub(super) fn arguments(&self, args: &[Field], more: Option<(&str, &str)>) -> Option<String> {
        self.left.set(MOST_VALUES);
        let given = self.pairs(args, more, MOST_LEVELS)?;
        Some(if given.is_empty() { given } else { format!("({given})") })
    }

    fn pairs(&self, fields: &[Field], more: Option<(&str, &str)>, left: usize) -> Option<String> {
        let left = left.checked_sub(1)?;
        let mut out = Vec::new();
        for field in fields {
            match more {
                Some((name, value)) if name == field.name => out.push(format!("{name}: {value}")),
                _ if field.must_be_given() => out.push(format!("{}: {}", field.name, self.literal(&field.ty, left)?)),
                _ => {}
            }
        }
        Some(out.join(", "))
    }

    /// A value of an input type that is accepted, with one more field.
    pub(super) fn object(&self, name: &str, more: Option<(&str, &str)>) -> Option<String> {
        self.left.set(MOST_VALUES);
        self.object_within(name, more, MOST_LEVELS)
    }

    fn object_within(&self, name: &str, more: Option<(&str, &str)>, left: usize) -> Option<String> {
        let ty = self.schema.types.get(name)?;
        if ty.one_of && more.is_none() {
            let first = ty.fields.first()?;
            let value = self.literal(&first.ty, left.checked_sub(1)?)?;
            return Some(format!("{{{}: {value}}}", first.name));
        }
        Some(format!("{{{}}}", self.pairs(&ty.fields, more, left)?))
    }

    /// The simplest value of a type that is not null.
    pub(super) fn value(&self, ty: &TypeRef) -> Option<String> {
        self.left.set(MOST_VALUES);
        self.literal(ty, MOST_LEVELS)
    }

    fn literal(&self, ty: &TypeRef, left: usize) -> Option<String> {
        self.left.set(self.left.get().checked_sub(1)?);
        if ty.required.len() > 1 {
            return Some("[]".to_owned());
        }
        let named = self.schema.types.get(&ty.name);
        Some(match (ty.name.as_str(), named.map(|t| t.kind)) {
            ("Int" | "Float", _) => "0".to_owned(),
            ("Boolean", _) => "false".to_owned(),
            (_, Some(Kind::Enum)) => named?.values.first()?.name.clone(),
            (name, Some(Kind::Input)) => self.object_within(name, None, left)?,
            _ => "\"\"".to_owned(),
        })
    }

    /// A document that gives `value` where a value of `ty` is taken.
    pub(super) fn giving(&self, ty: &str, value: &str, head: &str, new: &Schema) -> Option<String> {
        let (mut at, mut value) = (ty, value.to_owned());
        for _ in 0..MOST_LEVELS {
            match self.takers.get(at)? {
                Taker::Input(within, field) => {
                    value = self.object(within, Some((&field.name, &listed(&field.ty, &value))))?;
                    at = within;
                }
                Taker::Argument(of, field, arg) => {
                    let call = self.call(field, Some((&arg.name, &listed(&arg.ty, &value))))?;
                    return self.document(of, &self.asked(field, call), head, new);
                }
            }
        }
        None
    }

    /// Is there a place that takes the type itself, not a list of it? With its type.
    pub(super) fn taken(&self, ty: &str) -> Option<&'a TypeRef> {
        Some(match self.takers.get(ty)? {
            Taker::Argument(_, _, arg) => &arg.ty,
            Taker::Input(_, field) => &field.ty,
        })
    }

    /// A call with what must be asked of its answer.
    pub(super) fn asked(&self, field: &Field, call: String) -> String {
        let within = self.schema.types.get(&field.ty.name).is_some_and(|t| composite(t.kind));
        if within { format!("{call} {{ __typename }}") } else { call }
    }
}

/// A value in as many lists as its place has.
fn listed(ty: &TypeRef, value: &str) -> String {
    let lists = ty.required.len() - 1;
    if lists > 50 { "[]".to_owned() } else { format!("{}{value}{}", "[".repeat(lists), "]".repeat(lists)) }
}
