//! Contract versions: semantic versions, and the next one after a change.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// `major.minor.patch[-pre][+build]`. Ordered as semver.org says (build ignored).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub pre: String,
    pub build: String,
}

/// How big a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeType {
    Patch,
    Minor,
    Major,
}

impl ChangeType {
    pub fn name(self) -> &'static str {
        match self {
            ChangeType::Patch => "patch",
            ChangeType::Minor => "minor",
            ChangeType::Major => "major",
        }
    }
}

impl Version {
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Version { major, minor, patch, pre: String::new(), build: String::new() }
    }

    pub fn next(&self, change: ChangeType) -> Version {
        match change {
            ChangeType::Major => Version::new(self.major + 1, 0, 0),
            ChangeType::Minor => Version::new(self.major, self.minor + 1, 0),
            ChangeType::Patch => Version::new(self.major, self.minor, self.patch + 1),
        }
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad =
            || format!("`{text}` is not a semantic version: expected major.minor.patch, such as 1.2.0 or 2.0.0-rc1");
        let (core, build) = text.trim().split_once('+').unwrap_or((text.trim(), ""));
        let (core, pre) = core.split_once('-').unwrap_or((core, ""));
        let mut numbers = core.split('.').map(|n| {
            let plain = !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (n.len() == 1 || !n.starts_with('0'));
            plain.then(|| n.parse::<u64>().ok()).flatten()
        });
        let mut next = || numbers.next().flatten().ok_or_else(bad);
        let (major, minor, patch) = (next()?, next()?, next()?);
        if numbers.next().is_some() || text.ends_with(['-', '+']) {
            return Err(bad());
        }
        let word =
            |s: &str| s.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        if (!pre.is_empty() && !word(pre)) || (!build.is_empty() && !word(build)) {
            return Err(bad());
        }
        Ok(Version { major, minor, patch, pre: pre.to_owned(), build: build.to_owned() })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_pre(&self.pre, &other.pre),
            })
            .then_with(|| self.build.cmp(&other.build))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => {
                let order = match (x.parse::<u64>(), y.parse::<u64>()) {
                    (Ok(x), Ok(y)) => x.cmp(&y),
                    (Ok(_), Err(_)) => Ordering::Less,
                    (Err(_), Ok(_)) => Ordering::Greater,
                    (Err(_), Err(_)) => x.cmp(y),
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.build.is_empty() {
            write!(f, "+{}", self.build)?;
        }
        Ok(())
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_semver_says() {
        let v = |s: &str| s.parse::<Version>().expect(s);
        let ordered = [
            "0.9.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10.0",
            "2.0.0",
        ];
        for pair in ordered.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
        for bad in ["1", "1.2", "1.2.x", "01.2.3", "1.2.3-", "1.2.3.4", "", "1.2.3-a..b", "-1.2.3"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
        assert_eq!(v("1.2.3-rc1+b").to_string(), "1.2.3-rc1+b");
    }
}
