//! A GraphQL schema as far as clients can see it, whether it came as SDL or from introspection.

use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

impl Kind {
    pub(super) fn shown(self) -> &'static str {
        match self {
            Kind::Scalar => "a scalar",
            Kind::Object => "an object type",
            Kind::Interface => "an interface",
            Kind::Union => "a union",
            Kind::Enum => "an enum",
            Kind::Input => "an input type",
        }
    }
}

/// A type's name inside lists: `required[0]` is the outermost level, the last one the named type's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeRef {
    pub(super) name: String,
    pub(super) required: Vec<bool>,
}

impl TypeRef {
    pub(super) fn is_required(&self) -> bool {
        self.required.first() == Some(&true)
    }

    pub(super) fn shown(&self) -> String {
        let lists = self.required.len() - 1;
        if lists > 50 {
            return format!("{} in {lists} lists", self.name);
        }
        let mark = |required: &bool| if *required { "!" } else { "" };
        let mut out = "[".repeat(lists) + &self.name;
        for (level, required) in self.required.iter().rev().enumerate() {
            if level > 0 {
                out.push(']');
            }
            out.push_str(mark(required));
        }
        out
    }
}

/// A field, an argument or an input field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) args: Vec<Field>,
    pub(super) ty: TypeRef,
    /// Spelled in one way, so that equal values are equal texts.
    pub(super) default: Option<String>,
    pub(super) deprecated: Option<String>,
}

impl Field {
    /// Must a client give it?
    pub(super) fn must_be_given(&self) -> bool {
        self.ty.is_required() && self.default.is_none()
    }
}

/// An enum's value; also a union's member or an implemented interface, which are only names.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Word {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) deprecated: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) description: Option<String>,
    pub(super) interfaces: Vec<Word>,
    pub(super) fields: Vec<Field>,
    pub(super) members: Vec<Word>,
    pub(super) values: Vec<Word>,
    pub(super) one_of: bool,
    pub(super) specified_by: Option<String>,
}

impl Type {
    pub(super) fn of(kind: Kind) -> Type {
        Type {
            kind,
            description: None,
            interfaces: Vec::new(),
            fields: Vec::new(),
            members: Vec::new(),
            values: Vec::new(),
            one_of: false,
            specified_by: None,
        }
    }

    fn extend(&mut self, more: Type) {
        self.interfaces.extend(more.interfaces);
        self.fields.extend(more.fields);
        self.members.extend(more.members);
        self.values.extend(more.values);
        self.one_of |= more.one_of;
        self.specified_by = more.specified_by.or(self.specified_by.take());
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Directive {
    pub(super) description: Option<String>,
    pub(super) args: Vec<Field>,
    pub(super) repeatable: bool,
    pub(super) locations: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Schema {
    pub(super) description: Option<String>,
    pub(super) types: BTreeMap<String, Type>,
    pub(super) directives: BTreeMap<String, Directive>,
    /// query, mutation, subscription -> the type's name, where it is said.
    pub(super) roots: BTreeMap<String, String>,
    /// `extend type …`, until all is read.
    pub(super) extensions: Vec<(String, Type)>,
}

pub(super) const SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];
pub(super) const ROOTS: [(&str, &str); 3] =
    [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")];

impl Schema {
    /// Checks what can only be told of the whole, and adds what is there without being written: the standard scalars
    /// that something refers to, and the root types by their usual names.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        for (name, more) in std::mem::take(&mut self.extensions) {
            match self.types.get_mut(&name) {
                Some(base) if base.kind == more.kind => base.extend(more),
                Some(base) => {
                    return Err(format!(
                        "`{name}` is {}, and is extended as if it were {}",
                        base.kind.shown(),
                        more.kind.shown()
                    ));
                }
                // A part of a larger schema: what is extended is defined elsewhere.
                None => drop(self.types.insert(name, more)),
            }
        }
        let mut wanted: HashSet<String> = HashSet::from(["String".to_owned(), "Boolean".to_owned()]);
        // GitHub's schema has a field twice that differs in its description only: the first one counts.
        for ty in self.types.values_mut() {
            let mut seen: BTreeMap<String, Field> = BTreeMap::new();
            ty.fields.retain(|f| match seen.get(&f.name) {
                Some(first) => Field { description: first.description.clone(), ..f.clone() } != *first,
                None => seen.insert(f.name.clone(), f.clone()).is_none(),
            });
        }
        for (name, ty) in &self.types {
            for list in [&ty.interfaces, &ty.members, &ty.values] {
                once(list.iter().map(|w| w.name.as_str()), name)?;
            }
            once(ty.fields.iter().map(|f| f.name.as_str()), name)?;
            for field in &ty.fields {
                once(field.args.iter().map(|a| a.name.as_str()), &field.name)?;
                wanted.insert(field.ty.name.clone());
                wanted.extend(field.args.iter().map(|a| a.ty.name.clone()));
            }
            wanted.extend(ty.interfaces.iter().chain(&ty.members).map(|w| w.name.clone()));
        }
        for (name, directive) in &self.directives {
            once(directive.args.iter().map(|a| a.name.as_str()), name)?;
            wanted.extend(directive.args.iter().map(|a| a.ty.name.clone()));
        }
        if self.roots.is_empty() {
            let there = ROOTS.iter().filter(|(_, name)| self.types.get(*name).is_some_and(|t| t.kind == Kind::Object));
            self.roots = there.map(|(root, name)| ((*root).to_owned(), (*name).to_owned())).collect();
        }
        wanted.extend(self.roots.values().cloned());
        self.types.retain(|name, _| !SCALARS.contains(&name.as_str()));
        for name in wanted {
            if SCALARS.contains(&name.as_str()) {
                self.types.insert(name, Type::of(Kind::Scalar));
            } else if !self.types.contains_key(&name) {
                return Err(format!("type `{name}` is used but not defined"));
            }
        }
        Ok(())
    }
}

fn once<'a>(names: impl Iterator<Item = &'a str>, of: &str) -> Result<(), String> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("`{name}` is there twice in `{of}`"));
        }
    }
    Ok(())
}
