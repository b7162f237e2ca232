//! `unevaluatedProperties` and `unevaluatedItems`: what counts as evaluated depends on which schemas beside hold. So the
//! ways in which they can hold are listed, each with what it evaluates, and the keyword becomes "one of these ways, and
//! the rest is …". More evaluated never demands more, so ways that are passed over do no harm (2020-12 core §11).

use super::lower::Lowering;
use super::node::{EVERY, Id, Kind, Node, TRUE};
use super::refs::Target;
use crate::DiffError;
use crate::maps::Look;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Properties,
    Items,
}

/// Ways kept at most, and levels of schemas beside schemas.
const MOST_WAYS: usize = 64;
const MOST_LEVELS: usize = 12;

/// What is evaluated when all of `when` hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Way {
    when: Vec<Id>,
    all: bool,
    names: BTreeSet<String>,
    patterns: BTreeSet<String>,
    /// The first so many items.
    prefix: usize,
    /// Items that are this.
    like: BTreeSet<Id>,
}

impl Way {
    fn evaluates(&self) -> bool {
        self.all || self.prefix > 0 || !self.names.is_empty() || !self.patterns.is_empty() || !self.like.is_empty()
    }

    fn and(&self, other: &Way) -> Way {
        let mut both = self.clone();
        both.when.extend(&other.when);
        both.all |= other.all;
        both.names.extend(other.names.iter().cloned());
        both.patterns.extend(other.patterns.iter().cloned());
        both.prefix = both.prefix.max(other.prefix);
        both.like.extend(&other.like);
        both
    }
}

/// `None`: too many ways, or not to be told.
type Ways = Result<Option<Vec<Way>>, DiffError>;

fn product(a: Vec<Way>, b: &[Way]) -> Option<Vec<Way>> {
    if a.len().saturating_mul(b.len()) > MOST_WAYS {
        return None;
    }
    let mut all: Vec<Way> = Vec::new();
    for way in a.iter().flat_map(|x| b.iter().map(move |y| x.and(y))) {
        if !all.contains(&way) {
            all.push(way);
        }
    }
    Some(all)
}

impl<'a> Lowering<'a, '_> {
    pub(crate) fn unevaluated(
        &mut self,
        value: &'a Value,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        subject: Subject,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        let (key, kind) = match subject {
            Subject::Properties => ("unevaluatedProperties", Kind::Obj),
            Subject::Items => ("unevaluatedItems", Kind::Arr),
        };
        let Some(schema) = self.get(fields, key).filter(|s| **s != Value::Bool(true)) else {
            return Ok(());
        };
        let schema = self.within(&[key], |l| l.inner(schema, resource))?;
        let Some(ways) = self.ways(fields, resource, subject, true, 0)? else {
            parts.push(self.opaque(value, key, kind.bit()));
            return Ok(());
        };
        let mut either = vec![self.arena.types(EVERY & !kind.bit())];
        for way in ways {
            let mut all = way.when;
            all.push(match subject {
                _ if way.all => TRUE,
                Subject::Properties => {
                    let (names, patterns) = (way.names.into_iter().collect(), way.patterns.into_iter().collect());
                    self.arena.make(Node::Rest { names, patterns, schema })
                }
                Subject::Items => {
                    let mut rest: Vec<Id> = way.like.into_iter().collect();
                    rest.push(schema);
                    let rest = self.arena.make(Node::Any(rest));
                    self.arena.make(Node::Items { prefix: vec![TRUE; way.prefix], rest })
                }
            });
            either.push(self.arena.make(Node::All(all)));
        }
        parts.push(self.arena.make(Node::Any(either)));
        Ok(())
    }

    /// The ways of a schema that is known to hold. `own`: the schema that the keyword stands in.
    fn ways(
        &mut self,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        subject: Subject,
        own: bool,
        level: usize,
    ) -> Ways {
        if level > MOST_LEVELS
            || matches!(fields.look("dependencies"), Some(Value::Object(map)) if map.values().any(Value::is_object))
        {
            return Ok(None);
        }
        // Whether `contains` evaluates items is said in 2020-12 only; validators of 2019-09 differ.
        let unsaid = subject == Subject::Items && !self.places.draft.knows("prefixItems");
        if unsaid && fields.has("contains") {
            return Ok(None);
        }
        let mut ways = vec![self.plain(fields, resource, subject, own)?];
        let mut beside: Vec<Vec<Way>> = Vec::new();
        for branch in fields.look("allOf").and_then(Value::as_array).into_iter().flatten() {
            let Some(more) = self.ways_of(branch, resource, subject, level)? else { return Ok(None) };
            beside.push(more);
        }
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = self.get(fields, key).and_then(Value::as_str) else { continue };
            let Target::Here(target, home) = self.target(key, reference, resource) else { return Ok(None) };
            let Some(more) = self.ways_of(target, home, subject, level)? else { return Ok(None) };
            beside.push(more);
        }
        for (key, several) in [("anyOf", true), ("oneOf", false)] {
            let Some(list) = fields.look(key).and_then(Value::as_array) else { continue };
            let Some(more) = self.branches(list, resource, subject, several, level)? else { return Ok(None) };
            beside.push(more);
        }
        if let Some(when) = self.get(fields, "if") {
            let Some(more) = self.condition(fields, when, resource, subject, level)? else { return Ok(None) };
            beside.push(more);
        }
        for (name, schema) in self.get(fields, "dependentSchemas").and_then(Value::as_object).into_iter().flatten() {
            let has = self.arena.make(Node::Required(name.clone()));
            let object = self.arena.types(Kind::Obj.bit());
            let Some(mut more) = self.ways_of(schema, resource, subject, level)? else { return Ok(None) };
            more.retain(Way::evaluates);
            more.iter_mut().for_each(|way| way.when.extend([has, object]));
            more.push(Way::default());
            beside.push(more);
        }
        for more in beside {
            match product(ways, &more) {
                Some(both) => ways = both,
                None => return Ok(None),
            }
        }
        Ok(Some(ways))
    }

    fn ways_of(&mut self, value: &'a Value, resource: &'a Value, subject: Subject, level: usize) -> Ways {
        match value {
            Value::Object(fields) => {
                let resource = if self.places.is_resource(value) { value } else { resource };
                let outer = self.enter(resource);
                let ways = self.ways(fields, resource, subject, false, level + 1);
                self.leave(outer);
                ways
            }
            _ => Ok(Some(vec![Way::default()])),
        }
    }

    /// Alternatives: any number of them may hold, or exactly one.
    fn branches(
        &mut self,
        list: &'a [Value],
        resource: &'a Value,
        subject: Subject,
        several: bool,
        level: usize,
    ) -> Ways {
        let mut out = vec![Way::default()];
        for branch in list {
            let Some(mut more) = self.ways_of(branch, resource, subject, level)? else { return Ok(None) };
            more.retain(Way::evaluates);
            if more.is_empty() {
                continue;
            }
            let id = self.schema(branch, resource)?;
            more.iter_mut().for_each(|way| way.when.push(id));
            if several {
                more.push(Way::default());
                match product(out, &more) {
                    Some(both) => out = both,
                    None => return Ok(None),
                }
            } else {
                out.extend(more);
            }
        }
        Ok(Some(out).filter(|o| o.len() <= MOST_WAYS))
    }

    fn condition(
        &mut self,
        fields: &'a Map<String, Value>,
        when: &'a Value,
        resource: &'a Value,
        subject: Subject,
        level: usize,
    ) -> Ways {
        let Some(mut yes) = self.ways_of(when, resource, subject, level)? else { return Ok(None) };
        let id = self.schema(when, resource)?;
        if let Some(then) = self.get(fields, "then") {
            let Some(more) = self.ways_of(then, resource, subject, level)? else { return Ok(None) };
            match product(yes, &more) {
                Some(both) => yes = both,
                None => return Ok(None),
            }
        }
        yes.iter_mut().for_each(|way| way.when.push(id));
        let mut no = vec![Way::default()];
        if let Some(otherwise) = self.get(fields, "else") {
            let Some(more) = self.ways_of(otherwise, resource, subject, level)? else { return Ok(None) };
            no = more;
        }
        let not = self.arena.not(id);
        no.iter_mut().for_each(|way| way.when.push(not));
        yes.extend(no);
        Ok(Some(yes))
    }

    /// What the keywords of the schema itself evaluate.
    fn plain(
        &mut self,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        subject: Subject,
        own: bool,
    ) -> Result<Way, DiffError> {
        let mut way = Way::default();
        let keys = |k: &str| fields.look(k).and_then(Value::as_object).into_iter().flat_map(|m| m.keys().cloned());
        match subject {
            Subject::Properties => {
                way.names.extend(keys("properties"));
                way.patterns.extend(keys("patternProperties"));
                way.all =
                    fields.has("additionalProperties") || !own && self.get(fields, "unevaluatedProperties").is_some();
            }
            Subject::Items => {
                let list = self.get(fields, "prefixItems").or_else(|| fields.look("items").filter(|i| i.is_array()));
                way.prefix = list.and_then(Value::as_array).map_or(0, Vec::len);
                let rest = if self.get(fields, "prefixItems").is_some() || list.is_none() {
                    "items"
                } else {
                    "additionalItems"
                };
                way.all = fields.has(rest) || !own && self.get(fields, "unevaluatedItems").is_some();
                if let (Some(contains), true) = (fields.look("contains"), self.places.draft.knows("prefixItems")) {
                    way.like.insert(self.inner(contains, resource)?);
                }
            }
        }
        Ok(way)
    }
}
