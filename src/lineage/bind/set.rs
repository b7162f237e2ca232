//! UNION, INTERSECT, EXCEPT: columns by position, or by name where the text or an open side leaves nothing else.

use super::Binder;
use super::value::{Acc, Col, Info, Output, Sink, Typed, Wild};
use crate::types;
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DiagnosticSeverity, IndirectKind, Resolution};
use tessera_sql::ir::{Idents, Keep, Matching, Pos, SetArm, SetOp};

impl Binder<'_> {
    pub(super) fn combine(&mut self, left: &Rc<Output>, right: &Rc<Output>, arm: SetArm) -> Rc<Output> {
        if arm.matching == Matching::Place {
            self.sides(left, right);
        }
        let output = match (arm.op, arm.matching) {
            (SetOp::Union | SetOp::Intersect, Matching::Name { keep, on }) => {
                self.combine_by_name(left, right, keep, on)
            }
            (SetOp::Union | SetOp::Intersect, Matching::Place) => self.combine_by_position(left, right),
            // The right side of EXCEPT takes rows away and gives no values.
            (SetOp::Except, matching) => {
                for col in &right.cols {
                    self.take(&col.info, Sink::Rows(IndirectKind::Filter), &mut Acc::default());
                }
                match matching {
                    Matching::Place => {
                        self.check_width(left, right);
                        self.typed_as_both(left, right)
                    }
                    Matching::Name { keep, on } => {
                        let of_left = |sym| left.find(sym).map(|c| Rc::clone(&c.info)).unwrap_or_default();
                        let valueless = |c: &Col| Col { info: of_left(c.sym), ..c.clone() };
                        let names = Output { cols: right.cols.iter().map(valueless).collect(), ..Output::default() };
                        self.combine_by_name(left, &Rc::new(names), keep, on)
                    }
                }
            }
        };
        // Without ALL equal rows fall together, and the other operations look for equal rows in any case: every column
        // decides about rows.
        if !arm.all || arm.op != SetOp::Union {
            for col in &output.cols {
                self.take(&col.info, Sink::Rows(IndirectKind::GroupBy), &mut Acc::default());
            }
        }
        output
    }

    /// The left side, in the types that hold both sides.
    fn typed_as_both(&self, left: &Rc<Output>, right: &Output) -> Rc<Output> {
        let same = left.cols.iter().zip(&right.cols).all(|(a, b)| a.info.ty == b.info.ty);
        if same { Rc::clone(left) } else { self.retyped(left, left, right, types::unify_columns) }
    }

    /// `base` in the types that `how` makes of two sides, place by place; as it is where a side is not wholly known.
    pub(super) fn retyped(
        &self,
        base: &Rc<Output>,
        left: &Output,
        right: &Output,
        how: fn(Dialect, Typed, Typed) -> Typed,
    ) -> Rc<Output> {
        if left.is_open() || right.is_open() || left.cols.len() != right.cols.len() {
            return Rc::clone(base);
        }
        let cols = base.cols.iter().zip(left.cols.iter().zip(&right.cols)).map(|(col, (a, b))| {
            let [a, b] = [a, b].map(|side| Typed::made(side.info.ty.clone(), None));
            let info = super::relation::with_type(&col.info, how(self.dialect, a, b).ty);
            Col { info: Rc::new(Info { nullable: col.info.nullable, ..info }), ..col.clone() }
        });
        Rc::new(Output { cols: cols.collect(), wild: base.wild.clone(), stars: base.stars.clone() })
    }

    fn check_width(&mut self, left: &Output, right: &Output) {
        if left.is_open() || right.is_open() || left.cols.len() == right.cols.len() {
            return;
        }
        let message =
            format!("The sides of a set operation have {} and {} columns.", left.cols.len(), right.cols.len());
        self.diagnose(DiagnosticSeverity::Warning, "union-width", message.clone(), Pos::default());
        let mut tables: Vec<_> = left.stars.iter().chain(&right.stars).copied().collect();
        tables.sort_unstable();
        tables.dedup();
        if tables.is_empty() {
            self.bind_error("union-width", None, "", message.clone(), Pos::default());
        }
        for table in tables {
            let name = Some(self.table_name(table).clone());
            self.bind_error("union-width", name, "", message.clone(), Pos::default());
        }
    }

    pub(super) fn combine_by_position(&mut self, left: &Rc<Output>, right: &Rc<Output>) -> Rc<Output> {
        self.check_width(left, right);
        if left.is_open() || right.is_open() {
            return self.combine_open(left, right);
        }
        let mut cols = Vec::with_capacity(left.cols.len());
        for (i, col) in left.cols.iter().enumerate() {
            let info = match right.cols.get(i) {
                Some(other) => self.merge(&col.info, &other.info),
                None => Rc::clone(&col.info),
            };
            cols.push(Col { sym: col.sym, name: Rc::clone(&col.name), info });
        }
        Rc::new(Output { cols, wild: Vec::new(), stars: both(&left.stars, &right.stars) })
    }

    /// One side has columns nobody knows, so positions say nothing; unions of like tables have like names.
    fn combine_open(&mut self, left: &Rc<Output>, right: &Rc<Output>) -> Rc<Output> {
        let known_everywhere = left.cols.len() == right.cols.len()
            && !left.cols.is_empty()
            && left.cols.iter().zip(&right.cols).all(|(a, b)| a.sym == b.sym);
        let mut cols: Vec<Col> = Vec::new();
        for col in &left.cols {
            let other = right.find(col.sym).map(|c| Rc::clone(&c.info));
            let other = match other {
                Some(info) => Some(info),
                None => self.guess(right, col),
            };
            let info = match other {
                Some(other) => self.merge(&col.info, &other),
                None => Rc::clone(&col.info),
            };
            cols.push(Col { sym: col.sym, name: Rc::clone(&col.name), info });
        }
        // The left side names the columns. Where it is open, the right side's names are the best guess.
        if left.is_open() && !known_everywhere {
            for col in right.cols.iter().filter(|c| left.find(c.sym).is_none()) {
                let info = match self.guess(left, col) {
                    Some(other) => self.merge(&other, &col.info),
                    None => Rc::clone(&col.info),
                };
                cols.push(Col { sym: col.sym, name: Rc::clone(&col.name), info });
            }
        }
        let mut wild = left.wild.clone();
        if left.is_open() {
            super::star::add_wild(&mut wild, &other_side(left, right));
        }
        Rc::new(Output { cols, wild, stars: both(&left.stars, &right.stars) })
    }

    /// A column of an open side by another side's name.
    fn guess(&mut self, open: &Output, like: &Col) -> Option<Rc<Info>> {
        let mut acc = Acc::default();
        for wild in open.wild.iter().filter(|w| !w.except.contains(&like.sym)) {
            match (wild.table, &wild.info) {
                // What it had before has no other type than what it gets now.
                (Some(table), _) if self.is_own(table) => {}
                (Some(table), _) => {
                    let source = self.source(table, like.sym, &like.name);
                    acc.direct.push((source, tessera_model::lineage::DirectKind::Identity));
                }
                (None, Some(info)) => {
                    let info = Rc::clone(info);
                    self.take(&info, Sink::Value(tessera_model::lineage::DirectKind::Identity), &mut acc);
                }
                (None, None) => {}
            }
        }
        if acc.direct.is_empty() {
            return None;
        }
        self.lower_level(Resolution::Ambiguous);
        Some(Rc::new(acc.finish(Typed::unknown())))
    }

    fn combine_by_name(&mut self, left: &Rc<Output>, right: &Rc<Output>, keep: Keep, on: Idents) -> Rc<Output> {
        let mut cols: Vec<Col> = Vec::new();
        for col in &left.cols {
            let info = match right.find(col.sym) {
                Some(other) => self.merge(&col.info, &other.info),
                // What an open side may have too stays.
                None if keep == Keep::Shared && !right.is_open() => continue,
                None => Rc::clone(&col.info),
            };
            cols.push(Col { sym: col.sym, name: Rc::clone(&col.name), info });
        }
        let rest = right.cols.iter().filter(|c| left.find(c.sym).is_none());
        let mut wild = left.wild.clone();
        match keep {
            Keep::All => {
                cols.extend(rest.cloned());
                wild.extend(other_side(left, right));
            }
            Keep::Left => {}
            Keep::Shared if left.is_open() => cols.extend(rest.cloned()),
            Keep::Shared => {}
        }
        let stars = both(&left.stars, &right.stars);
        if on.is_empty() {
            return Rc::new(Output { cols, wild, stars });
        }
        let mut wanted = Vec::with_capacity(on.len());
        for ident in self.arena.idents(on) {
            let (sym, name) = (self.column_sym(*ident), self.column_name(*ident));
            let known = cols.iter().find(|c| c.sym == sym).map(|c| Rc::clone(&c.info));
            let info = known.or_else(|| self.find_wild(&wild, sym, *ident, Pos::default()));
            wanted.push(Col { sym, name, info: info.unwrap_or_default() });
        }
        Rc::new(Output { cols: wanted, wild: Vec::new(), stars })
    }

    pub(super) fn merge(&mut self, a: &Rc<Info>, b: &Rc<Info>) -> Rc<Info> {
        if Rc::ptr_eq(a, b) {
            return Rc::clone(a);
        }
        let [left, right] = [a, b].map(|info| Typed::made(info.ty.clone(), info.nullable));
        let typed = types::unify_columns(self.dialect, left, right);
        let mut acc = Acc::default();
        for info in [a, b] {
            acc.direct.extend_from_slice(&info.direct);
            acc.indirect.extend_from_slice(&info.indirect);
        }
        Rc::new(acc.finish(typed))
    }
}

/// The open parts of the right side of a union, as those that go with the left's.
fn other_side(left: &Output, right: &Output) -> Vec<Wild> {
    // Where one side may be either of two tables, it is not known which goes with the other side.
    let joins_last = [left, right].iter().all(|side| side.wild.iter().skip(1).all(|w| w.joins_last));
    right.wild.iter().map(|w| Wild { joins_last: joins_last || w.joins_last, ..w.clone() }).collect()
}

fn both(a: &[super::value::TableId], b: &[super::value::TableId]) -> Vec<super::value::TableId> {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|t| !a.contains(t)));
    all
}
