//! Random GraphQL schemas as a small model that prints itself as SDL, and edits of them.

use std::fmt::Write;
use tessera_peers::Rng;

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) args: Vec<Input>,
    pub(super) ty: String,
    deprecated: bool,
}

/// An argument or an input field.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) default: Option<String>,
}

impl Input {
    pub(super) fn needed(&self) -> bool {
        self.ty.ends_with('!') && self.default.is_none()
    }
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Object { implements: Vec<String>, fields: Vec<Field> },
    Interface { fields: Vec<Field> },
    Union(Vec<String>),
    Enum(Vec<String>),
    Input { one_of: bool, fields: Vec<Input> },
}

#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) args: Vec<Input>,
    pub(super) repeatable: bool,
    pub(super) locations: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) types: Vec<(String, Kind)>,
    pub(super) directives: Vec<Directive>,
}

pub(super) fn named(ty: &str) -> &str {
    ty.trim_matches(['[', ']', '!'])
}

impl Api {
    pub(super) fn kind(&self, name: &str) -> Option<&Kind> {
        self.types.iter().find(|(n, _)| n == name).map(|(_, k)| k)
    }

    /// Object types that a value of an abstract type may have.
    pub(super) fn possible(&self, name: &str) -> Vec<&str> {
        match self.kind(name) {
            Some(Kind::Union(members)) => members.iter().map(String::as_str).collect(),
            Some(Kind::Interface { .. }) => self
                .types
                .iter()
                .filter(|(_, k)| matches!(k, Kind::Object { implements, .. } if implements.iter().any(|i| i == name)))
                .map(|(n, _)| n.as_str())
                .collect(),
            _ => vec![],
        }
    }

    pub(super) fn sdl(&self) -> String {
        let mut out = String::new();
        for d in &self.directives {
            let repeatable = if d.repeatable { " repeatable" } else { "" };
            let _ = writeln!(out, "directive @{}{}{repeatable} on {}", d.name, args(&d.args), d.locations.join(" | "));
        }
        for (name, kind) in &self.types {
            let _ = match kind {
                Kind::Object { implements, fields: all } => {
                    let of = if implements.is_empty() {
                        String::new()
                    } else {
                        " implements ".to_owned() + &implements.join(" & ")
                    };
                    writeln!(out, "type {name}{of} {{ {} }}", fields(all))
                }
                Kind::Interface { fields: all } => writeln!(out, "interface {name} {{ {} }}", fields(all)),
                Kind::Union(members) => writeln!(out, "union {name} = {}", members.join(" | ")),
                Kind::Enum(values) => writeln!(out, "enum {name} {{ {} }}", values.join(" ")),
                Kind::Input { one_of, fields } => {
                    let mark = if *one_of { " @oneOf" } else { "" };
                    writeln!(out, "input {name}{mark} {{ {} }}", inputs(fields))
                }
            };
        }
        out
    }
}

fn inputs(all: &[Input]) -> String {
    let one = |i: &Input| {
        let default = i.default.as_ref().map(|d| format!(" = {d}")).unwrap_or_default();
        format!("{}: {}{default}", i.name, i.ty)
    };
    all.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn args(all: &[Input]) -> String {
    if all.is_empty() { String::new() } else { format!("({})", inputs(all)) }
}

fn fields(all: &[Field]) -> String {
    let one = |f: &Field| {
        let mark = if f.deprecated { " @deprecated" } else { "" };
        format!("{}{}: {}{mark}", f.name, args(&f.args), f.ty)
    };
    all.iter().map(one).collect::<Vec<_>>().join(" ")
}

const OUTPUTS: [&str; 16] = [
    "Int", "Int!", "String", "ID!", "[Int]", "[Int!]!", "A", "A!", "[B!]", "[[A]]", "I", "I!", "U", "[U!]!", "E", "E!",
];
const INPUTS: [&str; 14] =
    ["Int", "Int!", "Float", "String", "ID", "Boolean!", "[Int!]", "[[Int]]", "E", "E!", "N", "N!", "M", "[N!]"];
const LOCATIONS: [&str; 4] = ["FIELD", "QUERY", "INLINE_FRAGMENT", "OBJECT"];

fn input(rng: &mut Rng, name: String) -> Input {
    let ty = *rng.pick(&INPUTS.each_ref());
    let default = match named(ty) {
        "Int" if !ty.starts_with('[') && rng.chance(30) => Some(rng.below(3).to_string()),
        "E" if rng.chance(30) => Some("X".to_owned()),
        _ => None,
    };
    Input { name, ty: ty.to_owned(), default }
}

fn field(rng: &mut Rng, name: String) -> Field {
    let args = (0..rng.below(3)).map(|i| input(rng, format!("a{i}"))).collect();
    Field { name, args, ty: (*rng.pick(&OUTPUTS.each_ref())).to_owned(), deprecated: rng.chance(10) }
}

fn make(rng: &mut Rng) -> Api {
    let some = |rng: &mut Rng, most: usize| -> Vec<Field> {
        (0..1 + rng.below(most)).map(|i| field(rng, format!("f{i}"))).collect()
    };
    let shared = vec![Field { name: "id".to_owned(), args: vec![], ty: "ID".to_owned(), deprecated: false }];
    let object = |rng: &mut Rng, always: bool| {
        let mut fields = some(rng, 4);
        let with = always || rng.chance(50);
        if with {
            fields.extend(shared.clone());
        }
        Kind::Object { implements: if with { vec!["I".to_owned()] } else { vec![] }, fields }
    };
    let mut query = some(rng, 4);
    for (i, ty) in ["A", "B!", "I", "U"].into_iter().enumerate() {
        query.push(Field { name: format!("root{i}"), args: vec![], ty: ty.to_owned(), deprecated: false });
    }
    let n = (0..1 + rng.below(3)).map(|i| input(rng, format!("n{i}"))).filter(|f| !f.ty.contains(['N', 'M'])).collect();
    let m = ["Int", "String", "E"].into_iter().enumerate().map(|(i, ty)| Input {
        name: format!("m{i}"),
        ty: ty.to_owned(),
        default: None,
    });
    let types = vec![
        ("Query".to_owned(), Kind::Object { implements: vec![], fields: query }),
        ("A".to_owned(), object(rng, true)),
        ("B".to_owned(), object(rng, false)),
        ("I".to_owned(), Kind::Interface { fields: shared.clone() }),
        (
            "U".to_owned(),
            Kind::Union(if rng.chance(50) { vec!["A".to_owned(), "B".to_owned()] } else { vec!["A".to_owned()] }),
        ),
        ("E".to_owned(), Kind::Enum(vec!["X".to_owned(), "Y".to_owned()])),
        ("N".to_owned(), Kind::Input { one_of: false, fields: n }),
        ("M".to_owned(), Kind::Input { one_of: rng.chance(50), fields: m.collect() }),
    ];
    let directive = Directive {
        name: "d".to_owned(),
        args: (0..rng.below(3)).map(|i| input(rng, format!("a{i}"))).collect(),
        repeatable: rng.chance(50),
        locations: if rng.chance(50) { vec!["FIELD"] } else { vec!["FIELD", "QUERY", "INLINE_FRAGMENT"] },
    };
    Api { types, directives: if rng.chance(50) { vec![directive] } else { vec![] } }
}

/// A schema and an edited copy of it, in either order.
pub(super) fn pair(rng: &mut Rng) -> (Api, Api) {
    let old = make(rng);
    let mut new = old.clone();
    for _ in 0..1 + rng.below(3) {
        edit(&mut new, rng);
    }
    if rng.chance(50) { (old, new) } else { (new, old) }
}

fn edit(api: &mut Api, rng: &mut Rng) {
    if rng.chance(10) {
        return edit_directive(api, rng);
    }
    if rng.chance(3) {
        let at = rng.below(api.types.len());
        api.types.remove(at);
        return;
    }
    let at = rng.below(api.types.len());
    match &mut api.types[at].1 {
        Kind::Object { implements, fields } => {
            if rng.chance(8) {
                if implements.is_empty() {
                    implements.push("I".to_owned());
                } else {
                    implements.clear();
                }
            } else {
                edit_fields(fields, rng);
            }
        }
        Kind::Interface { fields } => edit_fields(fields, rng),
        Kind::Union(members) => {
            *members = [&["A"][..], &["B"], &["A", "B"]][rng.below(3)].iter().map(|s| (*s).to_owned()).collect();
        }
        Kind::Enum(values) => {
            *values = [&["X"][..], &["X", "Y"], &["X", "Y", "Z"], &["Y"]][rng.below(4)]
                .iter()
                .map(|s| (*s).to_owned())
                .collect();
        }
        Kind::Input { one_of, fields } => {
            if rng.chance(10) {
                *one_of = !*one_of;
            } else {
                edit_inputs(fields, rng);
            }
        }
    }
}

fn edit_directive(api: &mut Api, rng: &mut Rng) {
    match (api.directives.first_mut(), rng.below(4)) {
        (Some(d), 0) => d.repeatable = !d.repeatable,
        (Some(d), 1) => d.locations = LOCATIONS[..1 + rng.below(LOCATIONS.len())].to_vec(),
        (Some(d), 2) => edit_inputs(&mut d.args, rng),
        (Some(_), _) => api.directives.clear(),
        (None, _) => api.directives.push(Directive {
            name: "d".to_owned(),
            args: vec![],
            repeatable: false,
            locations: vec!["FIELD"],
        }),
    }
}

fn edit_fields(fields: &mut Vec<Field>, rng: &mut Rng) {
    let at = rng.below(fields.len());
    match rng.below(6) {
        0 if fields.len() > 1 => {
            fields.remove(at);
        }
        1 => {
            let name = format!("g{}", rng.below(100));
            fields.push(field(rng, name));
        }
        2 => fields[at].deprecated = !fields[at].deprecated,
        3 => fields[at].ty = retyped(&fields[at].ty, rng, &OUTPUTS),
        _ => edit_inputs(&mut fields[at].args, rng),
    }
}

fn edit_inputs(all: &mut Vec<Input>, rng: &mut Rng) {
    let fresh = format!("b{}", rng.below(100));
    if all.is_empty() || rng.chance(20) {
        return all.push(input(rng, fresh));
    }
    let at = rng.below(all.len());
    match rng.below(4) {
        0 => {
            all.remove(at);
        }
        1 => {
            all[at].default =
                if all[at].default.is_some() || named(&all[at].ty) != "Int" { None } else { Some("5".to_owned()) }
        }
        2 => all.reverse(),
        _ => {
            all[at].ty = retyped(&all[at].ty, rng, &INPUTS);
            all[at].default = None;
        }
    }
}

/// Mostly only the exclamation marks move.
fn retyped(ty: &str, rng: &mut Rng, all: &[&str]) -> String {
    match (rng.below(4), ty.strip_suffix('!')) {
        (0 | 1, Some(bare)) => bare.to_owned(),
        (0 | 1, None) => format!("{ty}!"),
        (2, _) => format!("[{ty}]"),
        _ => all[rng.below(all.len())].to_owned(),
    }
}
