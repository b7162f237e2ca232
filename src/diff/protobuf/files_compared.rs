//! Files by path: those that went and came, their package, syntax and options; packages that are gone.

use super::compare::Walk;
use super::found::found;
use super::model::{File, Schema};
use super::raw::Syntax;
use std::collections::{BTreeMap, BTreeSet};

/// Options and the source's rule for each. What is told on fields has no rule of its own.
const RULES: [(&str, &str); 16] = [
    ("cc_enable_arenas", "FILE_SAME_CC_ENABLE_ARENAS"),
    ("cc_generic_services", "FILE_SAME_CC_GENERIC_SERVICES"),
    ("csharp_namespace", "FILE_SAME_CSHARP_NAMESPACE"),
    ("go_package", "FILE_SAME_GO_PACKAGE"),
    ("java_generic_services", "FILE_SAME_JAVA_GENERIC_SERVICES"),
    ("java_multiple_files", "FILE_SAME_JAVA_MULTIPLE_FILES"),
    ("java_outer_classname", "FILE_SAME_JAVA_OUTER_CLASSNAME"),
    ("java_package", "FILE_SAME_JAVA_PACKAGE"),
    ("objc_class_prefix", "FILE_SAME_OBJC_CLASS_PREFIX"),
    ("optimize_for", "FILE_SAME_OPTIMIZE_FOR"),
    ("php_class_prefix", "FILE_SAME_PHP_CLASS_PREFIX"),
    ("php_metadata_namespace", "FILE_SAME_PHP_METADATA_NAMESPACE"),
    ("php_namespace", "FILE_SAME_PHP_NAMESPACE"),
    ("py_generic_services", "FILE_SAME_PY_GENERIC_SERVICES"),
    ("ruby_package", "FILE_SAME_RUBY_PACKAGE"),
    ("swift_prefix", "FILE_SAME_SWIFT_PREFIX"),
];

pub(super) fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old, walk.new);
    for (path, before) in &old.files {
        match new.files.get(path) {
            Some(after) => pair(walk, path, before, after),
            None if before.known => {
                let said = format!("`{path}` is no longer imported");
                walk.push(
                    found("import-removed", path.as_str())
                        .seen_by("FILE_NO_DELETE", "")
                        .values(path.as_str(), ())
                        .says(said),
                );
            }
            None => {
                let said = format!("file `{path}` was removed");
                walk.push(
                    found("file-removed", path.as_str())
                        .seen_by("FILE_NO_DELETE", "")
                        .values(path.as_str(), ())
                        .says(said),
                );
            }
        }
    }
    for (path, _) in new.files.iter().filter(|(path, file)| !file.known && !old.files.contains_key(*path)) {
        walk.push(
            found("file-added", path.as_str()).values((), path.as_str()).says(format!("file `{path}` was added")),
        );
    }
    packages(walk, old, new);
}

fn packages(walk: &mut Walk<'_>, old: &Schema, new: &Schema) {
    let has: BTreeSet<&str> = new.files.values().map(|f| f.package.as_str()).collect();
    let mut had: BTreeMap<&str, bool> = BTreeMap::new();
    for file in old.files.values() {
        *had.entry(&file.package).or_insert(true) &= file.known;
    }
    for (package, known) in had.into_iter().filter(|(package, _)| !has.contains(package)) {
        let shown = if package.is_empty() { "(no package)" } else { package };
        let rule = if known { "import-removed" } else { "package-removed" };
        let said = format!("no file is in package `{shown}` any more");
        walk.push(found(rule, shown).seen_by("PACKAGE_NO_DELETE", "").values(package, ()).says(said));
    }
}

fn syntax(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Proto2 => "proto2",
        Syntax::Proto3 => "proto3",
        Syntax::Edition(2023) => "edition 2023",
        Syntax::Edition(_) => "edition 2024",
    }
}

fn pair(walk: &mut Walk<'_>, path: &str, before: &File, after: &File) {
    if before.package != after.package {
        let said = format!(
            "`{path}` moved from package `{}` to `{}`: every full name in it changed",
            before.package, after.package
        );
        let made = found("package-changed", path).seen_by("FILE_SAME_PACKAGE", path);
        walk.push(made.values(before.package.as_str(), after.package.as_str()).says(said));
    }
    let editions = |s| matches!(s, Syntax::Edition(_));
    if before.syntax != after.syntax {
        let (was, is) = (syntax(before.syntax), syntax(after.syntax));
        // Editions are one syntax to the source.
        let seen = !(editions(before.syntax) && editions(after.syntax));
        let made = found("syntax-changed", path).seen_if(seen, "FILE_SAME_SYNTAX", path).values(was, is);
        walk.push(made.says(format!("`{path}` changed from {was} to {is}")));
    }
    for (option, source) in RULES {
        let (was, is) = (before.options.get(option), after.options.get(option));
        if was != is {
            let (was, is) = (was.map_or("", String::as_str), is.map_or("", String::as_str));
            let said = format!("option `{option}` of `{path}` changed from `{was}` to `{is}`: generated code changes");
            walk.push(found("file-option-changed", path).seen_by(source, path).values(was, is).says(said));
        }
    }
}
