//! Finding what a written name stands for: qualified or bare, here or in the scopes around.

use super::Binder;
use super::scope::Found;
use super::value::{Col, Info, Output, Sym, Wild};
use smallvec::smallvec;
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DiagnosticSeverity, DirectKind, Resolution};
use tessera_sql::ir::{IdentId, Idents, Pos};

impl Binder<'_> {
    /// What a path of names stands for, and how many of its last parts are struct members.
    pub(super) fn find_column(&mut self, path: Idents, scope: usize, pos: Pos) -> (Found, usize) {
        let parts = self.arena.idents(path);
        let Some(first) = parts.first() else { return (Found::Nothing, 0) };
        let head = self.column_sym(*first);
        // A qualifier that names a relation anywhere in sight comes before a struct column that nobody knows of.
        let mut at = Some(scope).filter(|_| parts.len() > 1);
        while let Some(index) = at {
            if self.scopes[index].lambda.contains(&head) {
                return (Found::Lambda, 0);
            }
            if let Some(found) = self.qualified(parts, index, pos) {
                return found;
            }
            at = self.scopes[index].parent;
        }
        if parts.len() > 1
            && !self.known_further_out(head, Some(scope))
            && let Some(found) = self.behind_alias(parts, scope, pos)
        {
            return found;
        }
        let mut at = Some(scope);
        while let Some(index) = at {
            if self.scopes[index].lambda.contains(&head) {
                return (Found::Lambda, 0);
            }
            if let Some(found) = self.bare(*first, head, index, pos, parts.len() > 1) {
                return (found, parts.len() - 1);
            }
            at = self.scopes[index].parent;
        }
        (self.missing(parts, scope, pos), 0)
    }

    /// `t.c`, `s.t.c`, `t.c.member` in one scope.
    fn qualified(&mut self, parts: &[IdentId], scope: usize, pos: Pos) -> Option<(Found, usize)> {
        for split in (1..parts.len()).rev() {
            let qualifier: Vec<Sym> = parts[..split].iter().map(|p| self.alias_sym(*p)).collect();
            let Some(rel) = self.relation_named(&qualifier, scope) else { continue };
            let column = parts[split];
            let sym = self.column_sym(column);
            let fields = parts.len() - split - 1;
            let known = &self.scopes[scope].rels[rel];
            if let Some(col) = known.output.find(sym).or_else(|| self.positional(column, &known.output)) {
                return Some((Found::Info(Rc::clone(&col.info), known.nullable), fields));
            }
            let rel = known.clone();
            if let Some(info) = self.find_wild(&rel.output.wild, sym, column, pos) {
                return Some((Found::Info(info, rel.nullable), fields));
            }
            if self.is_pseudo(column) {
                return Some((Found::Nothing, 0));
            }
            // A MERGE or a lambda may know it from an outer scope; a struct column may bear the qualifier's name.
            if split == 1 {
                let head = self.column_sym(parts[0]);
                if let Some(found) = self.bare(parts[0], head, scope, pos, true)
                    && !matches!(found, Found::Row(_))
                {
                    return Some((found, parts.len() - 1));
                }
            }
            return Some((self.unknown_in(&[rel], column, true, pos), 0));
        }
        None
    }

    /// Snowflake's `t.$2`: the second column of a relation whose columns are all known.
    fn positional<'a>(&self, column: IdentId, output: &'a Output) -> Option<&'a Col> {
        let place = self.text(column).strip_prefix('$').filter(|_| self.dialect == Dialect::Snowflake)?;
        let place: usize = place.parse().ok().filter(|_| !output.is_open())?;
        output.cols.get(place.checked_sub(1)?)
    }

    /// `t.c` where `t` stands under an alias: most engines refuse it, and nothing else can be meant.
    fn behind_alias(&mut self, parts: &[IdentId], scope: usize, pos: Pos) -> Option<(Found, usize)> {
        let split = parts.len() - 1;
        let rel = self.relation_behind_alias(&parts[..split], scope, pos)?;
        let (column, rel) = (parts[split], self.scopes[scope].rels[rel].clone());
        let sym = self.column_sym(column);
        let found = match rel.output.find(sym) {
            Some(col) => Found::Info(Rc::clone(&col.info), rel.nullable),
            None => Found::Info(self.find_wild(&rel.output.wild, sym, column, pos)?, rel.nullable),
        };
        Some((found, 0))
    }

    /// The one relation whose table bears that name under its alias.
    pub(super) fn relation_behind_alias(&mut self, qualifier: &[IdentId], scope: usize, pos: Pos) -> Option<usize> {
        let mut found = None;
        for (i, rel) in self.scopes[scope].rels.iter().enumerate() {
            let Some(table) = rel.table else { continue };
            let name: Vec<&str> = self.table_name(table).parts().collect();
            let tail = name.len().checked_sub(qualifier.len()).map(|from| &name[from..]);
            let same = tail.is_some_and(|tail| {
                tail.iter().zip(qualifier).all(|(part, q)| part.eq_ignore_ascii_case(self.text(*q)))
            });
            if same && found.replace(i).is_some() {
                return None;
            }
        }
        if found.is_some() {
            let written: Vec<&str> = qualifier.iter().map(|p| self.text(*p)).collect();
            let message = format!("{} stands under an alias here and is called by its own name.", written.join("."));
            self.diagnose(DiagnosticSeverity::Warning, "hidden-by-alias", message, pos);
            self.lower_level(Resolution::Inferred);
        }
        found
    }

    pub(super) fn relation_named(&self, qualifier: &[Sym], scope: usize) -> Option<usize> {
        self.scopes[scope].rels.iter().rposition(|rel| rel.names.ends_with(qualifier))
    }

    /// A single name in one scope. `None`: look further out.
    fn bare(&mut self, ident: IdentId, sym: Sym, scope: usize, pos: Pos, has_fields: bool) -> Option<Found> {
        if let Some(merged) = self.scopes[scope].merged.iter().rev().find(|m| m.sym == sym) {
            return Some(Found::Info(Rc::clone(&merged.info), false));
        }
        let mut hits: Vec<(usize, Rc<Info>, bool)> = Vec::new();
        for (i, rel) in self.scopes[scope].rels.iter().enumerate() {
            for col in rel.output.cols.iter().filter(|c| c.sym == sym) {
                hits.push((i, Rc::clone(&col.info), rel.nullable));
            }
        }
        if let (true, [only]) = (hits.is_empty(), self.scopes[scope].rels.as_slice())
            && let Some(col) = self.positional(ident, &only.output)
        {
            hits.push((0, Rc::clone(&col.info), only.nullable));
        }
        if hits.len() > 1 {
            // The same column twice is one column: `select a, a from t` read again.
            let first = Rc::clone(&hits[0].1);
            hits.dedup_by(|b, a| Rc::ptr_eq(&a.1, &b.1) && a.0 == b.0);
            if hits.len() > 1 && hits.iter().any(|h| h.0 != hits[0].0) && !self.visible_once(&hits, scope) {
                return Some(self.ambiguous(&hits, ident, scope, pos));
            }
            return Some(Found::Info(first, hits[0].2));
        }
        if let Some((_, info, nullable)) = hits.pop() {
            return Some(Found::Info(info, nullable));
        }
        // Nobody knows what engine it is: an alias is meant only where no table can have the column.
        let open_first = self.dialect == Dialect::Generic && self.scopes[scope].rels.iter().any(|r| r.output.is_open());
        if !open_first && let Some(index) = self.alias_named(sym, scope) {
            return Some(Found::Alias(scope, index));
        }
        let open: Vec<usize> =
            (0..self.scopes[scope].rels.len()).filter(|i| self.scopes[scope].rels[*i].output.is_open()).collect();
        let row = self.row_named(ident, scope);
        if !open.is_empty() && (row.is_none() || has_fields) && !self.is_pseudo(ident) {
            // An enclosing scope that surely has it comes before a guess about an unknown table.
            if self.known_further_out(sym, self.scopes[scope].parent) {
                return None;
            }
            let mut infos: Vec<(Rc<Info>, bool)> = Vec::new();
            for i in open {
                let rel = self.scopes[scope].rels[i].clone();
                infos.extend(self.find_wild(&rel.output.wild, sym, ident, pos).map(|info| (info, rel.nullable)));
            }
            match infos.len() {
                0 => {}
                1 => return infos.pop().map(|(info, nullable)| Found::Info(info, nullable)),
                _ => {
                    let all: Vec<Rc<Info>> = infos.into_iter().map(|(info, _)| info).collect();
                    return Some(self.several(&all, ident, pos));
                }
            }
        }
        row.map(Found::Row)
    }

    /// Only one of the hits is visible: the inner side of a semi join is not.
    fn visible_once(&self, hits: &[(usize, Rc<Info>, bool)], scope: usize) -> bool {
        hits.iter().filter(|h| !self.scopes[scope].rels[h.0].hidden).count() == 1
    }

    fn alias_named(&self, sym: Sym, scope: usize) -> Option<usize> {
        let before = self.scopes[scope].aliases_before?;
        self.scopes[scope].named.iter().rposition(|n| n.sym == sym && n.item < before && !n.busy)
    }

    fn row_named(&mut self, ident: IdentId, scope: usize) -> Option<Rc<Output>> {
        let sym = self.alias_sym(ident);
        let rel = self.scopes[scope].rels.iter().rev().find(|r| r.names.last() == Some(&sym))?;
        Some(Rc::clone(&rel.output))
    }

    fn known_further_out(&self, sym: Sym, mut at: Option<usize>) -> bool {
        while let Some(scope) = at {
            let known = &self.scopes[scope];
            if known.lambda.contains(&sym) || known.rels.iter().any(|r| r.output.find(sym).is_some()) {
                return true;
            }
            at = self.scopes[scope].parent;
        }
        false
    }

    /// A column that an open relation may have.
    pub(super) fn find_wild(&mut self, wild: &[Wild], sym: Sym, ident: IdentId, pos: Pos) -> Option<Rc<Info>> {
        let mut infos: Vec<Rc<Info>> = Vec::new();
        for wild in wild {
            if wild.except.contains(&sym) {
                continue;
            }
            let sides = infos.len();
            match (wild.table, &wild.info) {
                (Some(table), _) => {
                    let name = self.column_name(ident);
                    let source = self.source(table, sym, &name);
                    self.first_mention(source, &name, pos);
                    let ty = self.is_own(table).then(crate::types::itself);
                    let direct = smallvec![(source, DirectKind::Identity)];
                    infos.push(Rc::new(Info { direct, ty, ..Info::default() }));
                    self.lower_level(Resolution::Inferred);
                }
                (None, Some(info)) if wild.members => {
                    infos.push(Rc::new(self.named_member(info, std::slice::from_ref(&ident))));
                }
                (None, Some(info)) => infos.push(Rc::clone(info)),
                (None, None) => infos.push(Rc::new(Info::default())),
            }
            if wild.joins_last && sides > 0 && infos.len() > sides {
                self.lower_level(Resolution::Ambiguous);
                let side = infos.remove(sides);
                infos[sides - 1] = self.merge(&infos[sides - 1], &side);
            }
        }
        match infos.len() {
            0 => None,
            1 => infos.pop(),
            _ => match self.several(&infos, ident, pos) {
                Found::Info(info, _) => Some(info),
                _ => None,
            },
        }
    }

    /// An unknown table's column is called as the text calls it first.
    fn first_mention(&mut self, source: super::value::Source, name: &Rc<str>, pos: Pos) {
        let column = &mut self.sources[source.0 as usize];
        if column.pos == Pos::default() || (pos != Pos::default() && pos < column.pos) {
            column.name = Rc::clone(name);
            column.pos = pos;
        }
    }

    /// Names that engines know without any table having them.
    pub(super) fn is_pseudo(&self, ident: IdentId) -> bool {
        let ident = self.arena.ident(ident);
        let lower = ident.text.to_ascii_lowercase();
        if ident.quoted && !matches!(self.dialect, Dialect::BigQuery) {
            return false;
        }
        matches!(
            lower.as_str(),
            "rowid"
                | "rownum"
                | "level"
                | "ctid"
                | "oid"
                | "tableoid"
                | "xmin"
                | "xmax"
                | "sysdate"
                | "systimestamp"
                | "user"
                | "current_user"
                | "session_user"
                | "current_role"
                | "current_catalog"
                | "current_schema"
                | "current_date"
                | "current_time"
                | "current_timestamp"
                | "localtime"
                | "localtimestamp"
                | "_table_suffix"
                | "_partitiontime"
                | "_partitiondate"
                | "_file_name"
                | "_rowid_"
                | "uid"
                | "default"
        ) || lower.starts_with("metadata$")
            || lower.starts_with("@")
            || lower.starts_with(':')
            || (lower.starts_with('$') && lower[1..].chars().all(|c| c.is_ascii_digit()))
    }
}
