//! URI references as far as schemas need them (RFC 3986 §5.2): a reference against a base, without its fragment.

/// `reference` as seen from `base`; neither has a fragment. An empty base leaves relative references as they are.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    if reference.is_empty() || base.is_empty() || scheme(reference).is_some() {
        return if reference.is_empty() { base.to_owned() } else { tidy(reference) };
    }
    let Some(start) = scheme(base) else {
        return relative("", base, reference);
    };
    if let Some(rest) = reference.strip_prefix("//") {
        return tidy(&format!("{}//{rest}", &base[..start]));
    }
    // The authority ends at the next slash; without one the base is opaque (`urn:…`) and has no siblings.
    match base[start..].strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').map_or(base.len(), |i| start + 2 + i);
            relative(&base[..end], &base[end..], reference)
        }
        None => relative(&base[..start], &base[start..], reference),
    }
}

/// Where the part behind `scheme:` begins.
fn scheme(uri: &str) -> Option<usize> {
    let colon = uri.find(':')?;
    let name = &uri[..colon];
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (plain && name.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(colon + 1)
}

fn relative(front: &str, path: &str, reference: &str) -> String {
    if reference.starts_with('?') {
        let path = path.split('?').next().unwrap_or_default();
        return format!("{front}{path}{reference}");
    }
    let joined = if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let path = path.split('?').next().unwrap_or_default();
        let folder = path.rfind('/').map_or("", |i| &path[..=i]);
        let folder = if folder.is_empty() && !front.is_empty() { "/" } else { folder };
        format!("{folder}{reference}")
    };
    format!("{front}{}", dots(&joined))
}

/// An absolute URI with its path's dots taken out.
fn tidy(uri: &str) -> String {
    let Some(start) = scheme(uri) else { return dots(uri) };
    match uri[start..].strip_prefix("//").and_then(|rest| rest.find('/')) {
        Some(i) => format!("{}{}", &uri[..start + 2 + i], dots(&uri[start + 2 + i..])),
        None => uri.to_owned(),
    }
}

fn dots(path: &str) -> String {
    if !path.contains("./") && !path.ends_with('.') {
        return path.to_owned();
    }
    let mut out: Vec<&str> = Vec::new();
    let last = path.matches('/').count();
    for (i, part) in path.split('/').enumerate() {
        match part {
            "." | ".." => {
                if part == ".." && out.len() > usize::from(path.starts_with('/')) {
                    out.pop();
                }
                if i == last {
                    out.push("");
                }
            }
            other => out.push(other),
        }
    }
    out.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn references_are_resolved_as_rfc_3986_does() {
        let base = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("http:g", "http:g"),
            ("urn:x:y", "urn:x:y"),
        ] {
            assert_eq!(resolve(base, reference), expected, "{reference}");
        }
        assert_eq!(resolve("http://a", "g"), "http://a/g");
        assert_eq!(resolve("", "g.json"), "g.json");
        assert_eq!(resolve("folder/root.json", "item.json"), "folder/item.json");
    }
}
