//! Announced ends: `deprecated`, and the date in `x-sunset` (or `sunset`). Whether a date has passed is only said when
//! the caller says what day it is.

use super::operations::Operation;
use super::read::flag;
use super::{HARMLESS, Walk};
use serde_json::{Value, json};
use tessera_model::change::Judgment;

pub(crate) enum End {
    /// Nothing was announced.
    Open,
    /// Deprecated, without a date.
    Announced,
    /// `2026-01-31`.
    On(String),
    Unreadable(String),
}

impl End {
    pub(crate) fn of(value: &Value) -> End {
        if !flag(value, "deprecated") {
            return End::Open;
        }
        match written(value) {
            None => End::Announced,
            Some(text) => match date(&text) {
                Some(date) => End::On(date),
                None => End::Unreadable(text),
            },
        }
    }
}

pub(crate) fn written(value: &Value) -> Option<String> {
    let found = value.get("x-sunset").or_else(|| value.get("sunset"))?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

/// The day of a date, with or without a time.
fn date(text: &str) -> Option<String> {
    let day = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = day.split('-').collect();
    let number = |s: &str, len: usize| if s.len() == len { s.parse::<u32>().ok() } else { None };
    match parts.as_slice() {
        [y, m, d] => {
            number(y, 4)?;
            let (month, day_of) = (number(m, 2)?, number(d, 2)?);
            ((1..=12).contains(&month) && (1..=31).contains(&day_of)).then(|| day.to_owned())
        }
        _ => None,
    }
}

impl<'a> Walk<'a> {
    /// What removing something means whose end was announced for a day.
    pub(crate) fn by_now(&self, date: &str) -> (Judgment, &'static str) {
        match self.today {
            Some(today) if today >= date => (Judgment::Risky, ", which has come"),
            Some(_) => (Judgment::Fails, ", which is still to come"),
            None => (Judgment::Undecided, " (whether that day has come is not known here)"),
        }
    }

    pub(crate) fn deprecation(&mut self, op: &Operation<'a>) {
        self.ends("endpoint", "api", &op.path, op.old, op.new);
    }

    /// Deprecation and its end, of an operation, a parameter or a property.
    pub(crate) fn ends(&mut self, name: &str, stem: &str, path: &str, old: &'a Value, new: &'a Value) {
        for (rule, judged, before, after, said) in ends(name, stem, old, new) {
            match judged {
                Judgment::Ok => self.note(&rule, path, (before, after), said),
                other => self.structural(&rule, path, (other, Judgment::Ok), (before, after), said),
            }
        }
    }
}

type Ended = (String, Judgment, Value, Value, String);

pub(crate) fn ends(name: &str, stem: &str, old: &Value, new: &Value) -> Vec<Ended> {
    let mut out: Vec<Ended> = Vec::new();
    let (was, is) = (flag(old, "deprecated"), flag(new, "deprecated"));
    let (before, after) = (written(old), written(new));
    let mut add = |rule: String, judgment: Judgment, said: String| {
        out.push((rule, judgment, json!(before), json!(after), said));
    };
    match (was, is) {
        (false, true) => {
            let dated = after.is_some();
            let rule =
                if dated && !name.starts_with("request-parameter") { "deprecated-with-sunset" } else { "deprecated" };
            let on = after.as_deref().map_or_else(|| "without a date".to_owned(), |d| format!("until {d}"));
            add(format!("{name}-{rule}"), HARMLESS.0, format!("deprecated, {on}"));
            if !dated {
                let said = "no day is announced on which it ends".to_owned();
                add(format!("{stem}-deprecated-sunset-missing"), Judgment::Ok, said);
            }
        }
        (true, false) => add(format!("{name}-reactivated"), Judgment::Ok, "not deprecated any more".to_owned()),
        _ => {}
    }
    if is
        && (!was || before != after)
        && let Some(text) = &after
        && date(text).is_none()
    {
        let rule = match name {
            "endpoint" => "api-deprecated-sunset-parse".to_owned(),
            "property" => "property-deprecated-sunset-invalid".to_owned(),
            _ => format!("{stem}-sunset-parse"),
        };
        add(rule, Judgment::Fails, format!("the announced end `{text}` is no date"));
    }
    if was && is {
        match (&before, &after) {
            (Some(a), None) => {
                let rule =
                    if name == "endpoint" { "sunset-deleted".to_owned() } else { format!("{stem}-sunset-deleted") };
                add(rule, Judgment::Fails, format!("the announced end {a} is withdrawn"));
            }
            (Some(a), Some(b)) => {
                if let (Some(a), Some(b)) = (date(a), date(b))
                    && b < a
                {
                    let said = format!("announced for {a}, it ends on {b} already");
                    add(format!("{stem}-sunset-date-changed-too-small"), Judgment::Fails, said);
                }
            }
            (None, _) => {}
        }
    }
    out
}
