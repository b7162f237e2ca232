//! The outcome of a diff and what is read off it: is it compatible under the mode, and how big is the version step.

use tessera_model::Compatibility;
use tessera_model::change::{Change, ChangeKind, Judgment};
use tessera_model::mode::{JudgePolicy, Mode, RuleSeverity};
use tessera_model::semver::ChangeType;

/// Judged changes in a fixed order (path, then rule).
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    pub changes: Vec<Change>,
    /// A judgment that the mode needs could not be told, and nothing else breaks: neither compatible nor proved breaking.
    pub undecided: bool,
}

impl Diff {
    /// Orders and judges the changes.
    pub(crate) fn judged(mut changes: Vec<Change>, compat: Compatibility, policy: &JudgePolicy) -> Diff {
        changes.sort_by(|a, b| (&a.path, &a.rule).cmp(&(&b.path, &b.rule)));
        compat.judge(&mut changes, policy);
        let breaking = || changes.iter().filter(|c| c.breaking);
        let open = breaking().next().is_some() && breaking().all(|c| rests_on_doubt(c, compat.mode, policy));
        Diff { changes, undecided: open }
    }

    /// `None` when undecided.
    pub fn compatible(&self) -> Option<bool> {
        if self.undecided { None } else { Some(!self.changes.iter().any(|c| c.breaking)) }
    }
}

/// Is this change breaking only because its judgment is undecided?
fn rests_on_doubt(change: &Change, mode: Mode, policy: &JudgePolicy) -> bool {
    if policy.rules.of(&change.rule) == Some(RuleSeverity::Breaking) {
        return false;
    }
    let widening = change.kind == ChangeKind::Widening && policy.widening_breaks;
    match mode {
        Mode::Backward => change.reads == Judgment::Undecided && !widening,
        Mode::Forward => change.writes == Judgment::Undecided,
        // Any structural change breaks; only one that may be no change at all is in doubt.
        Mode::Full => {
            let known = |j: Judgment| !matches!(j, Judgment::Undecided);
            !known(change.reads) && change.writes != Judgment::Fails
                || !known(change.writes) && change.reads != Judgment::Fails
        }
        Mode::None => false,
    }
}

/// How big the version step is: major when something breaks under the mode the changes were judged by, minor when
/// anything but documentation changed, patch otherwise.
pub fn change_type(changes: &[Change]) -> ChangeType {
    if changes.iter().any(|c| c.breaking) {
        ChangeType::Major
    } else if changes.iter().any(|c| c.kind != ChangeKind::Documentation) {
        ChangeType::Minor
    } else {
        ChangeType::Patch
    }
}
