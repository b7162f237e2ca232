//! Folding of written identifiers into symbols, and the spelling in which they are printed.

use super::value::Sym;
use super::{Binder, Spelling};
use std::borrow::Cow;
use std::rc::Rc;
use tessera_model::dialect::Folding;
use tessera_sql::ir::IdentId;

/// The form in which a written name is compared. Most are written that way already.
pub(super) fn key(folding: Folding, text: &str, quoted: bool) -> Cow<'_, str> {
    let same = match folding {
        Folding::Lower => quoted || is_lower(text),
        Folding::Upper => quoted || text.bytes().all(|b| b.is_ascii() && !b.is_ascii_lowercase()),
        Folding::Insensitive => is_lower(text),
        Folding::Sensitive => true,
    };
    if same { Cow::Borrowed(text) } else { Cow::Owned(folding.key(&folding.store(text, quoted))) }
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase())
}

impl Binder<'_> {
    /// The symbol of a column name.
    pub(super) fn column_sym(&mut self, id: IdentId) -> Sym {
        if let Some(sym) = self.column_syms[id.index()] {
            return sym;
        }
        let ident = self.arena.ident(id);
        let sym = self.syms.intern(&key(self.columns_fold, &ident.text, ident.quoted));
        self.column_syms[id.index()] = Some(sym);
        sym
    }

    /// The symbol of a table alias, a CTE or a part of a table's name.
    pub(super) fn alias_sym(&mut self, id: IdentId) -> Sym {
        if let Some(sym) = self.alias_syms[id.index()] {
            return sym;
        }
        let ident = self.arena.ident(id);
        let sym = self.syms.intern(&key(self.alias_fold, &ident.text, ident.quoted));
        self.alias_syms[id.index()] = Some(sym);
        sym
    }

    /// The symbol of a column's stored name, such as a catalog has.
    pub(super) fn stored_column_sym(&mut self, stored: &str) -> Sym {
        self.syms.intern(&key(self.columns_fold, stored, true))
    }

    pub(super) fn stored_alias_sym(&mut self, stored: &str) -> Sym {
        self.syms.intern(&key(self.alias_fold, stored, true))
    }

    /// As [`Binder::stored_column_sym`], with the name to be shared.
    pub(super) fn stored_column(&mut self, stored: &str) -> (Sym, Rc<str>) {
        let (sym, key) = self.syms.intern_named(&key(self.columns_fold, stored, true));
        let name = if *key == *stored { key } else { Rc::from(stored) };
        (sym, name)
    }

    /// A column's name as it is printed.
    pub(super) fn column_name(&self, id: IdentId) -> Rc<str> {
        let ident = self.arena.ident(id);
        match self.spelling {
            Spelling::Written => Rc::from(&*ident.text),
            Spelling::Stored => Rc::from(self.columns_fold.store(&ident.text, ident.quoted)),
        }
    }

    /// The name of a column that nobody wrote down, such as `sum` or `_col0`.
    pub(super) fn made_up(&mut self, text: &str) -> (Sym, Rc<str>) {
        let stored = match (self.columns_fold, self.spelling) {
            (Folding::Upper, Spelling::Stored) => text.to_uppercase(),
            _ => text.to_owned(),
        };
        let sym = match self.columns_fold {
            Folding::Upper => self.syms.intern(&text.to_uppercase()),
            _ => self.stored_column_sym(text),
        };
        (sym, stored.into())
    }
}
