//! Members of structs: their types, and their paths, by which the batch form calls them.

use super::value::{Acc, Info, Sink, Typed};
use super::{Binder, Spelling};
use std::rc::Rc;
use tessera_model::LogicalType;
use tessera_model::lineage::DirectKind;
use tessera_sql::ir::{IdentId, Idents};

impl Binder<'_> {
    /// The type behind a path of members.
    pub(super) fn member_type(&self, base: Option<&LogicalType>, names: &[IdentId]) -> Typed {
        let mut ty = base;
        for name in names {
            let text = self.text(*name);
            ty = match ty {
                json @ Some(LogicalType::Json) => json,
                other => other.and_then(|ty| field_type(ty, text)),
            };
        }
        Typed::made(ty.cloned(), None)
    }

    /// What a member of `base` is made of, without its type.
    pub(super) fn member(&mut self, base: &Info, path: &[&str]) -> Info {
        let mut acc = Acc::default();
        if self.spelling == Spelling::Stored {
            self.take(base, Sink::Value(DirectKind::Transformation), &mut acc);
            return acc.finish(Typed::unknown());
        }
        for (source, kind) in &base.direct {
            // A value that was computed has members of its own, not those of its sources.
            let read = match kind {
                DirectKind::Identity => self.member_source(*source, path),
                DirectKind::Transformation | DirectKind::Aggregation => *source,
            };
            acc.direct.push((read, (*kind).max(DirectKind::Transformation)));
        }
        acc.indirect.extend_from_slice(&base.indirect);
        acc.finish(Typed::unknown())
    }

    /// As [`Binder::member`], for the last `names` of a written path.
    pub(super) fn named_member(&mut self, base: &Info, names: &[IdentId]) -> Info {
        let names: Vec<Rc<str>> = names.iter().map(|n| self.column_name(*n)).collect();
        let path: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        self.member(base, &path)
    }

    /// The member of `base` that the last `fields` parts of `path` name.
    pub(super) fn typed_member(&mut self, base: &Info, path: Idents, fields: usize) -> Info {
        let parts = self.arena.idents(path);
        let names = &parts[parts.len() - fields..];
        let ty = self.member_type(base.ty.as_ref(), names).ty;
        Info { ty, ..self.named_member(base, names) }
    }

    fn member_source(&mut self, source: super::value::Source, path: &[&str]) -> super::value::Source {
        let column = &mut self.sources[source.0 as usize];
        // It is its member that is named.
        column.mentioned = false;
        let (table, pos) = (column.table, column.pos);
        let mut name = column.name.to_string();
        for part in path {
            name.push('.');
            name.push_str(part);
        }
        let sym = self.stored_column_sym(&name);
        let made = self.source(table, sym, &name.into());
        let member = &mut self.sources[made.0 as usize];
        member.pos = pos;
        member.mentioned = true;
        made
    }
}

/// The type of a struct's member.
pub(super) fn field_type<'t>(ty: &'t LogicalType, name: &str) -> Option<&'t LogicalType> {
    let LogicalType::Struct(fields) = ty else { return None };
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| &field.data_type)
}

/// The same sources, as those of something more than the column itself.
pub(super) fn transformed(info: &Info) -> Info {
    let direct = info.direct.iter().map(|(s, k)| (*s, (*k).max(DirectKind::Transformation))).collect();
    Info { direct, indirect: info.indirect.clone(), ty: info.ty.clone(), nullable: info.nullable }
}
