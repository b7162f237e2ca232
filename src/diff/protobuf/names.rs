//! Full names of everything that is defined, and how a name that is used finds its definition: from the innermost scope
//! outwards, in the files that are imported.

use super::raw::{Body, RawFile, Wrong, wrong};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Message,
    Enum,
    /// A field, a oneof, a value, a service, a method or an extension.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Names {
    /// What it is, and the index of its file.
    defined: HashMap<String, (What, usize)>,
    /// Packages and the packages around them, with the files that are in them.
    packages: HashMap<String, HashSet<usize>>,
}

pub(super) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

impl Names {
    /// Adds all names of a file; a name that is defined already is wrong.
    pub(super) fn add(&mut self, file: &RawFile, index: usize) -> Result<(), Wrong> {
        let mut scope = file.package.as_str();
        while !scope.is_empty() {
            if self.defined.contains_key(scope) {
                return wrong(0, format!("package `{scope}` has the name of something that is defined elsewhere"));
            }
            self.packages.entry(scope.to_owned()).or_default().insert(index);
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        self.body(&file.package, &file.body, index)
    }

    fn define(&mut self, name: String, what: What, file: usize, line: u32) -> Result<(), Wrong> {
        if self.packages.contains_key(&name) {
            return wrong(line, format!("`{name}` has the name of a package"));
        }
        if self.defined.contains_key(&name) {
            return wrong(line, format!("`{name}` is defined twice: names must be unique"));
        }
        self.defined.insert(name, (what, file));
        Ok(())
    }

    fn body(&mut self, scope: &str, body: &Body, file: usize) -> Result<(), Wrong> {
        for message in &body.messages {
            let name = join(scope, &message.name);
            self.define(name.clone(), What::Message, file, message.line)?;
            for field in &message.fields {
                self.define(join(&name, &field.name), What::Other, file, field.line)?;
            }
            for oneof in message.oneofs.iter().filter(|o| !o.name.is_empty()) {
                self.define(join(&name, &oneof.name), What::Other, file, oneof.line)?;
            }
            self.body(&name, &message.body, file)?;
        }
        for one in &body.enums {
            self.define(join(scope, &one.name), What::Enum, file, one.line)?;
            // Values are siblings of their enum.
            for value in &one.values {
                self.define(join(scope, &value.name), What::Other, file, value.line)?;
            }
        }
        for field in &body.extensions {
            self.define(join(scope, &field.name), What::Other, file, field.line)?;
        }
        for service in &body.services {
            let name = join(scope, &service.name);
            self.define(name.clone(), What::Other, file, service.line)?;
            for method in &service.methods {
                self.define(join(&name, &method.name), What::Other, file, method.line)?;
            }
        }
        Ok(())
    }

    /// The full name and kind of a type used in `scope`, among the files of `seen`.
    pub(super) fn find(&self, used: &str, scope: &str, seen: &HashSet<usize>) -> Option<(String, What)> {
        let visible = |name: &str| {
            self.defined.get(name).filter(|(what, file)| *what != What::Other && seen.contains(file)).map(|(w, _)| *w)
        };
        if let Some(absolute) = used.strip_prefix('.') {
            return visible(absolute).map(|what| (absolute.to_owned(), what));
        }
        let (first, compound) = used.split_once('.').map_or((used, false), |(first, _)| (first, true));
        let mut scope = scope;
        loop {
            let head = join(scope, first);
            let package = || self.packages.get(&head).is_some_and(|files| !files.is_disjoint(seen));
            if !compound {
                if let Some(what) = visible(&head) {
                    return Some((head, what));
                }
            } else if visible(&head).is_some() || package() {
                // The first part decides: outer scopes are hidden.
                let full = join(scope, used);
                return visible(&full).map(|what| (full, what));
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// The file that defines a name which `find` did not see, to say what to import.
    pub(super) fn home(&self, used: &str) -> Option<usize> {
        let name = used.trim_start_matches('.');
        self.defined.get(name).filter(|(what, _)| *what != What::Other).map(|(_, file)| *file)
    }
}

/// `user_name` -> `userName`, or `UserName` when the first letter is `upper`: underscores go, the letters behind them rise.
pub(super) fn camel(name: &str, mut upper: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            out.push(letter.to_ascii_uppercase());
        } else {
            out.push(letter);
        }
    }
    out
}
