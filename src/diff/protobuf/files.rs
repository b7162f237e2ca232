//! The files of one side: texts by name, a descriptor set, and the well-known files that they import. No file is opened:
//! what is not given and not well known is absent, and says so.

use super::raw::RawFile;
use super::{descriptor, parse};
use crate::{DiffError, Side};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Name of the one file where a side is a single text.
pub(super) const ONLY: &str = "schema.proto";

const WELL_KNOWN: [(&str, &str); 15] = [
    ("google/protobuf/any.proto", include_str!("well_known/any.proto")),
    ("google/protobuf/api.proto", include_str!("well_known/api.proto")),
    ("google/protobuf/compiler/plugin.proto", include_str!("well_known/plugin.proto")),
    ("google/protobuf/cpp_features.proto", include_str!("well_known/cpp_features.proto")),
    ("google/protobuf/descriptor.proto", include_str!("well_known/descriptor.proto")),
    ("google/protobuf/duration.proto", include_str!("well_known/duration.proto")),
    ("google/protobuf/empty.proto", include_str!("well_known/empty.proto")),
    ("google/protobuf/field_mask.proto", include_str!("well_known/field_mask.proto")),
    ("google/protobuf/go_features.proto", include_str!("well_known/go_features.proto")),
    ("google/protobuf/java_features.proto", include_str!("well_known/java_features.proto")),
    ("google/protobuf/source_context.proto", include_str!("well_known/source_context.proto")),
    ("google/protobuf/struct.proto", include_str!("well_known/struct.proto")),
    ("google/protobuf/timestamp.proto", include_str!("well_known/timestamp.proto")),
    ("google/protobuf/type.proto", include_str!("well_known/type.proto")),
    ("google/protobuf/wrappers.proto", include_str!("well_known/wrappers.proto")),
];

/// An error in a file, or in the whole side where `file` is empty; line 0 is none.
pub(super) fn refused(side: Side, file: &str, line: u32, said: &str) -> DiffError {
    let said = shortened(said);
    let message = if line == 0 { said } else { format!("line {line}: {said}") };
    DiffError::NotASchema { side, message, path: file.to_owned() }
}

/// Names in a text may be as long as the text.
fn shortened(said: &str) -> String {
    const MOST: usize = 600;
    match (said.char_indices().nth(MOST / 2), said.char_indices().rev().nth(MOST / 2)) {
        (Some((head, _)), Some((tail, _))) if head < tail => format!("{} … {}", &said[..head], &said[tail..]),
        _ => said.to_owned(),
    }
}

/// The files of a side, those first that others import. `other` tells how the only file of the other side is called.
pub(super) fn gather(value: &Value, other: &Value, side: Side) -> Result<Vec<RawFile>, DiffError> {
    let given =
        match value {
            Value::String(text) => match descriptor::from_base64(text) {
                Some(set) => descriptor::files(&set.map_err(|e| refused(side, "", 0, &e))?),
                None => {
                    let name = only_name(other);
                    Ok(vec![parsed(&name, text, side)?])
                }
            },
            Value::Object(object) if object.get("file").is_some_and(Value::is_array) => descriptor::files(value),
            Value::Object(files) => return complete(texts(files, side)?, side),
            _ => Err("a Protobuf schema is the text of a .proto file, `{file name: text}`, or a FileDescriptorSet"
                .to_owned()),
        };
    complete(given.map_err(|e| refused(side, "", 0, &e))?, side)
}

fn parsed(name: &str, text: &str, side: Side) -> Result<RawFile, DiffError> {
    parse::file(name, text).map_err(|wrong| refused(side, name, wrong.line, &wrong.said))
}

/// One text beside one named file is that file.
fn only_name(other: &Value) -> String {
    let names = match other {
        Value::Object(files) => files.keys().filter(|name| name.ends_with(".proto")).collect(),
        _ => Vec::new(),
    };
    match names.as_slice() {
        [one] => (*one).clone(),
        _ => ONLY.to_owned(),
    }
}

fn texts(files: &Map<String, Value>, side: Side) -> Result<Vec<RawFile>, DiffError> {
    let named = files.keys().any(|name| name.ends_with(".proto"));
    let roots = roots(files);
    let mut out = Vec::new();
    for (name, text) in files {
        let settings = [".yaml", ".yml", ".lock"].iter().any(|end| name.ends_with(end));
        if settings || named && !name.ends_with(".proto") {
            continue;
        }
        let Some(text) = text.as_str() else {
            return Err(refused(side, name, 0, "expected the text of a .proto file"));
        };
        let path = roots.iter().find_map(|root| name.strip_prefix(root.as_str())).unwrap_or(name);
        out.push(parsed(path.trim_start_matches("./"), text, side)?);
    }
    if out.is_empty() {
        return Err(refused(side, "", 0, "no .proto file among the files: give `{\"name.proto\": \"text\"}`"));
    }
    Ok(out)
}

/// Folders that imports start from, as a `buf.yaml` among the files says; the longest first.
fn roots(files: &Map<String, Value>) -> Vec<String> {
    let config = files.get("buf.yaml").and_then(Value::as_str);
    let config: Value = config.and_then(|text| serde_norway::from_str(text).ok()).unwrap_or_default();
    let old = config.pointer("/build/roots").and_then(Value::as_array).into_iter().flatten();
    let modules = config.get("modules").and_then(Value::as_array).into_iter().flatten();
    let mut out: Vec<String> = old
        .chain(modules.filter_map(|module| module.get("path")))
        .filter_map(Value::as_str)
        .map(|root| format!("{}/", root.trim_end_matches('/')))
        .filter(|root| root != "./")
        .collect();
    out.sort_by_key(|root| std::cmp::Reverse(root.len()));
    out
}

/// Adds the well-known files that are imported, and orders all so that imports come first.
fn complete(given: Vec<RawFile>, side: Side) -> Result<Vec<RawFile>, DiffError> {
    let mut files: BTreeMap<String, RawFile> = BTreeMap::new();
    let mut open: Vec<RawFile> = given;
    while let Some(file) = open.pop() {
        if files.contains_key(&file.path) {
            return Err(refused(side, &file.path, 0, "this file is given twice: give one file per name"));
        }
        files.insert(file.path.clone(), file);
    }
    let mut wanted: Vec<(String, String, u32, bool)> = imports_of(files.values());
    while let Some((importer, path, line, option)) = wanted.pop() {
        if files.contains_key(&path) {
            continue;
        }
        match WELL_KNOWN.iter().find(|(name, _)| *name == path) {
            Some((name, text)) => {
                let mut file = parsed(name, text, side)?;
                file.known = true;
                wanted.append(&mut imports_of([&file]));
                files.insert(path, file);
            }
            None if option => {}
            None => {
                let said = format!("imports `{path}`, which is not among the files: give its text under that name");
                return Err(refused(side, &importer, line, &said));
            }
        }
    }
    ordered(files, side)
}

fn imports_of<'a>(files: impl IntoIterator<Item = &'a RawFile>) -> Vec<(String, String, u32, bool)> {
    let each = |file: &'a RawFile| {
        file.imports.iter().map(|i| (file.path.clone(), i.path.clone(), i.line, i.option)).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(each).collect()
}

/// Depth first without recursion: a chain of imports may be as long as there are files.
fn ordered(mut files: BTreeMap<String, RawFile>, side: Side) -> Result<Vec<RawFile>, DiffError> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Done,
    }
    let mut states: HashMap<String, State> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    for start in files.keys() {
        let mut stack: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((path, next)) = stack.pop() {
            let file = &files[path];
            if next == 0 && states.insert(path.to_owned(), State::Open) == Some(State::Done) {
                states.insert(path.to_owned(), State::Done);
                continue;
            }
            let Some(import) = file.imports.get(next) else {
                states.insert(path.to_owned(), State::Done);
                order.push(path.to_owned());
                continue;
            };
            stack.push((path, next + 1));
            match states.get(&import.path) {
                Some(State::Done) => {}
                Some(State::Open) => {
                    let from = stack.iter().position(|(on, _)| *on == import.path).unwrap_or(0);
                    let way: Vec<&str> = stack[from..].iter().map(|(on, _)| *on).take(8).collect();
                    let said = format!("imports go in a circle: {} -> {}", way.join(" -> "), import.path);
                    return Err(refused(
                        side,
                        path,
                        import.line,
                        &format!("{said}; move what both need to a third file"),
                    ));
                }
                None => {
                    if let Some((key, _)) = files.get_key_value(&import.path) {
                        stack.push((key, 0));
                    }
                }
            }
        }
    }
    Ok(order.iter().filter_map(|path| files.remove(path)).collect())
}
