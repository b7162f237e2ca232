//! Types that an engine refuses to bring together: told as errors of binding, so that a change which makes one appear is a
//! change that breaks. Nothing else is done about them.

use super::Binder;
use super::value::{Info, Output, Sink, Typed};
use crate::types::{self, Meeting};
use tessera_model::lineage::IndirectKind;
use tessera_sql::ir::{ExprId, Pos};

impl Binder<'_> {
    fn refused(&mut self, message: Option<String>) {
        if let Some(message) = message {
            self.bind_error("type-error", None, "", message, Pos::default());
        }
    }

    pub(super) fn meet(&mut self, meeting: Meeting, a: &Typed, b: &Typed) {
        let message = types::pair(self.dialect, meeting, a, b);
        self.refused(message);
    }

    /// A value that has to be a truth value.
    pub(super) fn asked(&mut self, typed: &Typed) {
        let message = types::condition(self.dialect, typed);
        self.refused(message);
    }

    /// A condition about rows.
    pub(super) fn condition(&mut self, expr: ExprId, scope: usize, kind: IndirectKind) {
        let typed = self.reads_of(expr, scope, Sink::Rows(kind));
        self.asked(&typed);
    }

    /// A function's arguments by its name.
    pub(super) fn called(&mut self, name: &str, given: &[types::Arg<'_>]) {
        let message = types::argument(self.dialect, name, |at| given.get(at).map(|arg| &arg.typed));
        self.refused(message);
        if types::picks_one(name) {
            let mut fixed = Fixed::default();
            for arg in given {
                self.branch(&mut fixed, &arg.typed);
            }
        }
    }

    /// One of several values of which one comes out. Literal strings fit themselves to the others.
    pub(super) fn branch(&mut self, fixed: &mut Fixed, typed: &Typed) {
        if typed.fit == super::Fit::Text || typed.ty.is_none() {
            return;
        }
        match &fixed.0 {
            Some(first) => {
                let message = types::pair(self.dialect, Meeting::Branches, first, typed);
                self.refused(message);
            }
            None => fixed.0 = Some(typed.clone()),
        }
    }

    /// The sides of a set operation, column by column. A side that reads nothing may be a literal.
    pub(super) fn sides(&mut self, left: &Output, right: &Output) {
        if left.is_open() || right.is_open() {
            return;
        }
        for (a, b) in left.cols.iter().zip(&right.cols) {
            self.columns_meet(Meeting::SetSides, &a.info, &b.info);
        }
    }

    pub(super) fn columns_meet(&mut self, meeting: Meeting, a: &Info, b: &Info) {
        if a.ty == b.ty || a.direct.is_empty() || b.direct.is_empty() {
            return;
        }
        let [a, b] = [a, b].map(|info| Typed::made(info.ty.clone(), None));
        self.meet(meeting, &a, &b);
    }
}

/// The first of several values whose type stands.
#[derive(Debug, Default)]
pub(super) struct Fixed(Option<Typed>);
