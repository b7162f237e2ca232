//! State changes -> neutral messages in the outbox: one per channel and change-set, to the teams concerned and nobody else.

use crate::engine::Engine;
use crate::snapshot::Snapshot;
use serde_json::json;
use std::collections::BTreeSet;
use tessera_model::Fingerprint;
use tessera_model::ids::{OutboxId, TeamId};
use tessera_ports::records::{Drift, OutboxMessage, OutboxState};
use tessera_ports::{Notice, notifier::NoticeKind, notifier::NoticeTeam};
use tessera_workflow::{Event, Proposal, ProposalOrigin, ProposalStatus, Response};

/// "1 team", "2 teams".
pub(crate) fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// What a proposal event means to people; `None` for what needs no message.
pub fn kind_of(event: &Event) -> Option<NoticeKind> {
    Some(match event {
        Event::Opened { .. } => NoticeKind::ProposalOpened,
        Event::Acknowledged { .. } | Event::Rebased { .. } => NoticeKind::ProposalProgress,
        Event::Approved
        | Event::ApprovedWithoutReaders { .. }
        | Event::Rejected { .. }
        | Event::Withdrawn { .. }
        | Event::Expired { .. }
        | Event::DeadlineApproved { .. }
        | Event::Published { .. } => NoticeKind::ProposalResolved,
        Event::Forced { .. } => NoticeKind::ProposalForced,
        Event::Reminder { .. } => NoticeKind::ProposalReminder,
        Event::Stale => return None,
    })
}

fn answer_of(proposal: &Proposal, team: TeamId) -> (&'static str, Option<String>) {
    match proposal.answer_of(team) {
        None => ("missing", None),
        Some(a) => {
            let word = match a.response {
                Response::Approved => "approved",
                Response::Migrating => "migrating",
                Response::Blocked => "blocked",
            };
            let until = a.migrating_until.map(|t| format!("until {}", t.strftime("%Y-%m-%d")));
            (
                word,
                match (until, a.notes.clone()) {
                    (Some(u), Some(n)) => Some(format!("{u}: {n}")),
                    (u, n) => u.or(n),
                },
            )
        }
    }
}

/// The subject under which a proposal is told: its change-set, if it came in one.
pub fn subject_of(proposal: &Proposal) -> String {
    proposal.change_set.clone().unwrap_or_else(|| proposal.id.to_string())
}

impl Engine {
    pub(crate) fn link(&self, path: &str) -> Option<String> {
        let settings = self.settings();
        let base = settings.server.public_url.clone()?;
        Some(format!("{}/{path}", base.trim_end_matches('/')))
    }

    /// One message about the proposals of one change-set.
    pub fn proposal_notice(&self, kind: NoticeKind, proposals: &[&Proposal], snapshot: &Snapshot) -> Option<Notice> {
        let first = proposals.first()?;
        let missing: BTreeSet<&str> =
            proposals.iter().flat_map(|p| p.missing()).map(|r| r.team_name.as_str()).collect();
        let all_changes: Vec<_> = proposals.iter().flat_map(|p| p.changes.iter()).cloned().collect();
        let breaking: Vec<_> = all_changes.iter().filter(|c| c.change.breaking).collect();
        let headline = match breaking.as_slice() {
            [] => "no breaking change left".to_owned(),
            [one] => format!("{}: {}", one.asset, one.change.message),
            [one, rest @ ..] => format!("{}: {} (and {} more)", one.asset, one.change.message, rest.len()),
        };
        let status = proposals.iter().map(|p| p.status).max().unwrap_or(ProposalStatus::Pending);
        let over = proposals.iter().all(|p| p.status != ProposalStatus::Pending);
        let note = proposals.iter().find_map(|p| p.note.clone());
        let title = match kind {
            NoticeKind::ProposalReminder => {
                format!("Reminder: {} still to answer: {headline}", count(missing.len(), "team"))
            }
            NoticeKind::ProposalForced => format!(
                "Forced by {}: {headline}",
                first.overridden.as_ref().map_or("an administrator", |o| o.by.name.as_str())
            ),
            _ if over => format!("{}: {headline}", capital(status.name())),
            _ if missing.is_empty() => format!("Breaking change: {headline}"),
            _ => format!("Breaking change needs {}: {headline}", count(missing.len(), "acknowledgement")),
        };
        let source = match first.origin {
            ProposalOrigin::Drift => {
                "It stands in the warehouse already: revert it, or the teams below acknowledge it."
            }
            ProposalOrigin::Dbt => "dbt builds it so now.",
            _ => "It ships when the teams below have acknowledged it.",
        };
        let summary = match (&note, over) {
            (Some(n), _) => n.clone(),
            (None, true) => format!("This is settled: {}.", status.name()),
            (None, false) => source.to_owned(),
        };
        let mut teams: Vec<NoticeTeam> = Vec::new();
        for (proposal, requirement) in proposals.iter().flat_map(|p| p.required.iter().map(move |r| (p, r))) {
            let (answer, note) = answer_of(proposal, requirement.team);
            match teams.iter_mut().find(|t| t.name == requirement.team_name) {
                Some(team) => {
                    team.because.extend(
                        requirement.because.iter().filter(|r| !team.because.contains(r)).cloned().collect::<Vec<_>>(),
                    );
                    // A team that owes one answer of several still owes.
                    if answer == "missing" {
                        team.answer = answer.into();
                    }
                }
                None => teams.push(NoticeTeam {
                    name: requirement.team_name.clone(),
                    answer: answer.into(),
                    note,
                    because: requirement.because.clone(),
                }),
            }
        }
        let commands = if over {
            Vec::new()
        } else {
            proposals
                .iter()
                .take(5)
                .flat_map(|p| {
                    let team = p.missing().next().map_or_else(|| "TEAM".to_owned(), |r| r.team_name.clone());
                    [
                        format!("tessera ack {} --team '{team}' --approve", p.id),
                        format!("tessera ack {} --team '{team}' --block --reason '…'", p.id),
                    ]
                })
                .take(4)
                .collect()
        };
        let url = match proposals {
            [one] => self.link(&format!("proposals/{}", one.id)),
            _ => self.link(""),
        };
        let unknown = first.coverage.unknown.len();
        Some(Notice {
            kind,
            subject: subject_of(first),
            title,
            summary,
            asset: Some(first.asset_fqn.clone()),
            owner: snapshot.team_name(first.proposed_by),
            opened_by: Some(first.opened_by.name.clone()),
            deadline: first.deadline,
            changes: all_changes,
            teams,
            coverage: (unknown > 0).then(|| {
                format!(
                    "{} of {} models understood; {} unknown",
                    first.coverage.resolved, first.coverage.models, unknown
                )
            }),
            status: Some(status.name().to_owned()),
            url,
            commands,
            at: self.now(),
        })
    }

    /// Compatible drift, resolution of drift, suspects: what a team should know without having to answer.
    pub fn drift_notice(
        &self,
        kind: NoticeKind,
        subject: &str,
        title: String,
        summary: String,
        drifts: &[&Drift],
    ) -> Notice {
        let changes: Vec<_> = drifts.iter().flat_map(|d| d.changes.iter()).cloned().collect();
        let mut teams: Vec<NoticeTeam> = Vec::new();
        for reader in changes.iter().flat_map(|c| c.readers.iter()) {
            let Some(name) = &reader.team else { continue };
            match teams.iter_mut().find(|t| t.name == *name) {
                Some(team) if team.because.contains(reader) => {}
                Some(team) => team.because.push(reader.clone()),
                None => teams.push(NoticeTeam {
                    name: name.clone(),
                    answer: String::new(),
                    note: None,
                    because: vec![reader.clone()],
                }),
            }
        }
        Notice {
            kind,
            subject: subject.to_owned(),
            title,
            summary,
            asset: drifts.first().map(|d| d.asset_fqn.clone()),
            owner: None,
            opened_by: None,
            deadline: None,
            changes,
            teams,
            coverage: None,
            status: None,
            url: self.link(""),
            commands: Vec::new(),
            at: self.now(),
        }
    }

    /// Outbox rows for a notice: one per target. `teams` are those concerned; `key` tells repeats of the same event apart.
    pub fn messages(
        &self,
        notice: &Notice,
        teams: &[Option<TeamId>],
        snapshot: &Snapshot,
        key: &str,
    ) -> Vec<OutboxMessage> {
        let settings = self.settings();
        let adapters = self.adapters();
        let mut rows = Vec::new();
        for (name, notifier) in &adapters.notifiers {
            let fallback = settings.notify.iter().find(|n| n.name == *name).and_then(|n| n.default_target.clone());
            let targets: BTreeSet<String> = if notifier.per_team() {
                teams.iter().filter_map(|team| self.channel_of(*team, snapshot).or_else(|| fallback.clone())).collect()
            } else {
                BTreeSet::from([fallback.unwrap_or_else(|| name.clone())])
            };
            if targets.is_empty() {
                tracing::warn!(notifier = %name, subject = %notice.subject, "nobody to tell: the teams have no channel and `default_target` is not set");
            }
            for target in targets {
                let dedupe = Fingerprint::of_json(&json!([name, target, notice.subject, notice.kind.event(), key]));
                rows.push(OutboxMessage {
                    id: OutboxId(self.ids().next()),
                    dedupe_key: dedupe,
                    notifier: name.clone(),
                    target,
                    subject: notice.subject.clone(),
                    notice: notice.clone(),
                    state: OutboxState::Waiting,
                    attempts: 0,
                    created_at: notice.at,
                    next_attempt: notice.at,
                    last_error: None,
                    delivered_at: None,
                });
            }
        }
        rows
    }

    fn channel_of(&self, team: Option<TeamId>, snapshot: &Snapshot) -> Option<String> {
        let team = snapshot.teams.iter().find(|t| Some(t.id) == team)?;
        team.slack_channel.clone().or_else(|| snapshot.hints.get(&team.name)?.slack.clone())
    }

    /// Messages for what just happened to the proposals of one change-set.
    pub(crate) fn proposal_messages(
        &self,
        events: &[Event],
        proposals: &[&Proposal],
        snapshot: &Snapshot,
    ) -> Vec<OutboxMessage> {
        // The last telling event wins: "approved" and "published" in one transaction are one message.
        let Some(kind) = events.iter().filter_map(kind_of).next_back() else { return Vec::new() };
        let kind =
            if events.iter().any(|e| matches!(e, Event::Forced { .. })) { NoticeKind::ProposalForced } else { kind };
        let Some(notice) = self.proposal_notice(kind, proposals, snapshot) else { return Vec::new() };
        let mut teams: Vec<Option<TeamId>> =
            proposals.iter().flat_map(|p| p.required.iter().map(|r| Some(r.team))).collect();
        if kind == NoticeKind::ProposalReminder {
            teams = proposals.iter().flat_map(|p| p.missing()).map(|r| Some(r.team)).collect();
        } else {
            teams.extend(proposals.iter().map(|p| p.proposed_by));
        }
        let revisions: Vec<String> = proposals.iter().map(|p| format!("{}@{}", p.id, p.revision)).collect();
        self.messages(&notice, &teams, snapshot, &revisions.join(","))
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
