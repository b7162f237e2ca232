//! Definitions that went, moved or came: messages, enums, services and extensions, by full name. The source looks in the
//! same file (its FILE level) and in the same package (PACKAGE); ours is gone only when the full name is.

use super::compare::Walk;
use super::found::{Found, found};
use super::model::{Place, Schema};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What one sort of definition is called, and the rules for it.
struct Sort {
    what: &'static str,
    rules: [&'static str; 3],
    file: &'static str,
    package: &'static str,
}

const MESSAGE: Sort = Sort {
    what: "message",
    rules: ["message-removed", "message-moved", "message-added"],
    file: "MESSAGE_NO_DELETE",
    package: "PACKAGE_MESSAGE_NO_DELETE",
};
const ENUM: Sort = Sort {
    what: "enum",
    rules: ["enum-removed", "enum-moved", "enum-added"],
    file: "ENUM_NO_DELETE",
    package: "PACKAGE_ENUM_NO_DELETE",
};
const SERVICE: Sort = Sort {
    what: "service",
    rules: ["service-removed", "service-moved", "service-added"],
    file: "SERVICE_NO_DELETE",
    package: "PACKAGE_SERVICE_NO_DELETE",
};
const EXTENSION: Sort = Sort {
    what: "extension",
    rules: ["extension-removed", "extension-moved", "extension-added"],
    file: "EXTENSION_NO_DELETE",
    package: "PACKAGE_EXTENSION_NO_DELETE",
};

/// Messages that a map field brought and that went with it: their full name, and who sees that.
pub(super) type Entries = BTreeMap<String, Vec<(&'static str, String)>>;

/// Full name and place, in the order of names.
type Places<'a> = Vec<(&'a str, &'a Place)>;

fn places<'a>(of: &'static str, schema: &'a Schema) -> Places<'a> {
    fn all<'a, T>(map: &'a BTreeMap<String, T>, place: impl Fn(&'a T) -> &'a Place) -> Places<'a> {
        map.iter().map(|(name, one)| (name.as_str(), place(one))).collect()
    }
    match of {
        "message" => all(&schema.messages, |m| &m.place),
        "enum" => all(&schema.enums, |e| &e.place),
        "service" => all(&schema.services, |s| &s.place),
        _ => all(&schema.extensions, |f| &f.place),
    }
}

pub(super) fn compare(walk: &mut Walk<'_>) -> Entries {
    let mut entries = Entries::new();
    for sort in [&MESSAGE, &ENUM, &SERVICE, &EXTENSION] {
        compare_sort(walk, sort, &mut entries);
    }
    entries
}

fn compare_sort(walk: &mut Walk<'_>, sort: &Sort, entries: &mut Entries) {
    let (old, new) = (walk.old, walk.new);
    let (before, after) = (places(sort.what, old), places(sort.what, new));
    let package = |schema: &'_ Schema, place: &Place| schema.files.get(&place.file).map(|f| f.package.clone());
    let in_files: HashSet<(&str, &str)> = after.iter().map(|(_, p)| (p.file.as_str(), p.nested.as_str())).collect();
    let in_packages: HashMap<(String, &str), &str> =
        after.iter().filter_map(|(_, p)| Some(((package(new, p)?, p.nested.as_str()), p.file.as_str()))).collect();
    // The source asks a package that still has one of the sort; of services, any package that is still there.
    let packages: HashSet<&str> = match sort.what {
        "service" => new.files.values().map(|f| f.package.as_str()).collect(),
        _ => in_packages.keys().map(|(package, _)| package.as_str()).collect(),
    };
    let names: HashSet<&str> = after.iter().map(|(name, _)| *name).collect();
    for (name, place) in before {
        let (file, nested) = (place.file.as_str(), place.nested.as_str());
        let own = package(old, place).unwrap_or_default();
        let file_stays = new.files.contains_key(file);
        let left_file = file_stays && !in_files.contains(&(file, nested));
        let left_package = packages.contains(own.as_str()) && !in_packages.contains_key(&(own.clone(), nested));
        let known = old.files.get(file).is_some_and(|f| f.known);
        let gone = !names.contains(name);
        // A file that changed its package took its definitions along: that is said once.
        let renamed = file_stays && in_files.contains(&(file, nested));
        if !left_file && !left_package && (!gone || renamed || known) {
            continue;
        }
        let named = if file_stays { enclosing(sort, &own, nested, &in_packages).unwrap_or(file) } else { "" };
        let rule = match (known, gone && !renamed) {
            (true, _) => "import-removed",
            (_, true) => sort.rules[0],
            _ => sort.rules[1],
        };
        let moved = if rule == sort.rules[0] { "was removed" } else { "moved to another file" };
        let made = found(rule, name)
            .seen_if(left_file, sort.file, file)
            .seen_if(left_package, sort.package, named)
            .values(name, ())
            .says(format!("{} `{name}` {moved}", sort.what));
        let entry = sort.what == "message" && old.messages.get(name).is_some_and(|m| m.map_entry);
        if entry {
            entries.insert(name.to_owned(), made.sources);
        } else {
            walk.push(if known { made.says(format!("`{file}` is no longer imported")) } else { made });
        }
    }
    let had: HashSet<&str> = places(sort.what, old).into_iter().map(|(name, _)| name).collect();
    let were: HashSet<(&str, &str)> =
        places(sort.what, old).into_iter().map(|(_, p)| (p.file.as_str(), p.nested.as_str())).collect();
    for (name, place) in after.iter().filter(|(name, _)| !had.contains(name)) {
        let known = new.files.get(&place.file).is_some_and(|f| f.known);
        let entry = sort.what == "message" && new.messages.get(*name).is_some_and(|m| m.map_entry);
        let carried = were.contains(&(place.file.as_str(), place.nested.as_str()));
        if !known && !entry && !carried {
            let said = format!("{} `{name}` was added", sort.what);
            walk.push(found(sort.rules[2], *name).values((), *name).says(said));
        }
    }
}

/// The file of the innermost message around a message that went from its package.
fn enclosing<'a>(
    sort: &Sort,
    package: &str,
    nested: &str,
    in_packages: &HashMap<(String, &str), &'a str>,
) -> Option<&'a str> {
    if sort.what != "message" {
        return None;
    }
    let mut outer = nested;
    while let Some((rest, _)) = outer.rsplit_once('.') {
        outer = rest;
        if let Some(file) = in_packages.get(&(package.to_owned(), outer)) {
            return Some(file);
        }
    }
    None
}

/// Gives what is known about the message of a map's entries to the change of its field, or of the message around both.
pub(super) fn attach(all: &mut Vec<Found>, old: &Schema, entries: Entries) {
    if entries.is_empty() {
        return;
    }
    let mut at: HashMap<String, usize> = HashMap::new();
    for (index, found) in all.iter().enumerate() {
        at.entry(found.path.clone()).or_insert(index);
    }
    for (entry, sources) in entries {
        let parent = entry.rsplit_once('.').map_or("", |(parent, _)| parent);
        let field = old.messages.get(parent).and_then(|m| m.fields.values().find(|f| f.type_name == entry));
        let path = field.map(|f| format!("{parent}.{}", f.name)).unwrap_or_default();
        match at.get(&path).or_else(|| at.get(parent)) {
            Some(index) => all[*index].sources.extend(sources),
            None => {
                let mut made = found("message-removed", entry.clone()).values(entry.clone(), ());
                made = made.says(format!("the entries `{entry}` of a map were removed"));
                made.sources = sources;
                all.push(made);
            }
        }
    }
}
