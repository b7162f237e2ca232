//! Random queries that are valid under a schema: fields under aliases of their own, fragments on what a type may be,
//! values written out or given as variables, directives.

use super::schemas::{Api, Directive, Field, Input, Kind, named};
use std::fmt::Write;
use tessera_peers::Rng;

struct Making<'a, 'r> {
    api: &'a Api,
    rng: &'r mut Rng,
    aliases: usize,
    variables: Vec<String>,
}

pub(super) fn of(api: &Api, rng: &mut Rng) -> String {
    let mut making = Making { api, rng, aliases: 0, variables: Vec::new() };
    let directive = making.directives("QUERY");
    let body = making.selection("Query", 4);
    let variables =
        if making.variables.is_empty() { String::new() } else { format!("({})", making.variables.join(", ")) };
    format!("query Q{variables}{directive} {body}")
}

impl Making<'_, '_> {
    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let mut out = String::from("{ __typename ");
        let api = self.api;
        if let Some(Kind::Object { fields, .. } | Kind::Interface { fields }) = api.kind(ty) {
            for _ in 0..1 + self.rng.below(3) {
                let field = &fields[self.rng.below(fields.len())];
                self.field(field, depth, &mut out);
            }
        }
        let mut possible = api.possible(ty);
        if let Some(Kind::Object { implements, .. }) = api.kind(ty) {
            // A fragment on an interface that the type has.
            possible.extend(implements.iter().map(String::as_str));
            possible.push(ty);
        }
        if depth > 0 && !possible.is_empty() && self.rng.chance(50) {
            let on = possible[self.rng.below(possible.len())];
            let directive = self.directives("INLINE_FRAGMENT");
            let inner = self.selection(on, depth - 1);
            let _ = write!(out, "... on {on}{directive} {inner} ");
        }
        out + "}"
    }

    fn field(&mut self, field: &Field, depth: usize, out: &mut String) {
        let leaf = !matches!(
            self.api.kind(named(&field.ty)),
            Some(Kind::Object { .. } | Kind::Interface { .. } | Kind::Union(_))
        );
        if !leaf && depth == 0 {
            return;
        }
        self.aliases += 1;
        let alias = self.aliases;
        let arguments = self.arguments(&field.args);
        let directive = self.directives("FIELD");
        let inner = if leaf { String::new() } else { self.selection(named(&field.ty), depth - 1) };
        let _ = write!(out, "x{alias}: {}{arguments}{directive} {inner} ", field.name);
    }

    fn directives(&mut self, location: &str) -> String {
        let api = self.api;
        let fits = |d: &&Directive| d.locations.contains(&location);
        let Some(directive) = api.directives.iter().find(fits) else { return String::new() };
        let times = if directive.repeatable { self.rng.below(3) } else { self.rng.below(2) };
        (0..times).map(|_| format!(" @{}{}", directive.name, self.arguments(&directive.args))).collect()
    }

    fn arguments(&mut self, all: &[Input]) -> String {
        let mut given = Vec::new();
        for arg in all {
            if arg.needed() || self.rng.chance(50) {
                let value = if self.rng.chance(25) { self.variable(arg) } else { self.value(&arg.ty, 3) };
                given.push(format!("{}: {value}", arg.name));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    fn variable(&mut self, arg: &Input) -> String {
        let name = format!("$v{}", self.variables.len());
        // With a default at the place a variable may be null.
        let ty = if arg.default.is_some() { arg.ty.trim_end_matches('!') } else { &arg.ty };
        self.variables.push(format!("{name}: {ty}"));
        name
    }

    fn value(&mut self, ty: &str, depth: usize) -> String {
        if let Some(bare) = ty.strip_suffix('!') {
            return self.given(bare, depth);
        }
        if depth == 0 || self.rng.chance(15) { "null".to_owned() } else { self.given(ty, depth) }
    }

    fn given(&mut self, ty: &str, depth: usize) -> String {
        if let Some(inner) = ty.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let count = self.rng.below(3);
            let items: Vec<String> = (0..count).map(|_| self.value(inner, depth.saturating_sub(1))).collect();
            return format!("[{}]", items.join(", "));
        }
        let api = self.api;
        match api.kind(ty) {
            Some(Kind::Enum(values)) => values[self.rng.below(values.len())].clone(),
            Some(Kind::Input { one_of: true, fields }) => {
                let field = &fields[self.rng.below(fields.len())];
                format!("{{{}: {}}}", field.name, self.given(field.ty.trim_end_matches('!'), depth.saturating_sub(1)))
            }
            Some(Kind::Input { fields, .. }) => {
                let mut out = Vec::new();
                for field in fields {
                    if field.needed() || self.rng.chance(50) {
                        out.push(format!("{}: {}", field.name, self.value(&field.ty, depth.saturating_sub(1))));
                    }
                }
                format!("{{{}}}", out.join(", "))
            }
            _ => match ty {
                "Int" | "Float" => self.rng.below(9).to_string(),
                "Boolean" => self.rng.chance(50).to_string(),
                _ => "\"s\"".to_owned(),
            },
        }
    }
}
