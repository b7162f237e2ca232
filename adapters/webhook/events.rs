//! Which events a subscriber wants: names, whole families (`proposal.*`), or all.

use serde_json::Value;
use tessera_ports::notifier::NoticeKind;

pub(crate) const KINDS: [NoticeKind; 11] = [
    NoticeKind::ProposalOpened,
    NoticeKind::ProposalProgress,
    NoticeKind::ProposalResolved,
    NoticeKind::ProposalReminder,
    NoticeKind::ProposalForced,
    NoticeKind::ContractPublished,
    NoticeKind::Drift,
    NoticeKind::DriftResolved,
    NoticeKind::MassChange,
    NoticeKind::Attention,
    NoticeKind::Test,
];

/// `None`: all of them.
#[derive(Debug)]
pub(crate) struct Events(Option<Vec<NoticeKind>>);

impl Events {
    pub(crate) fn parse(value: Option<&Value>) -> Result<Events, String> {
        let names: Vec<&str> = match value {
            None => return Ok(Events(None)),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(list)) => {
                let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                texts.ok_or("`events` holds something that is not a text")?
            }
            Some(other) => return Err(format!("`events` is {other}: write \"all\" or a list of event names")),
        };
        let mut kinds = Vec::new();
        for name in names {
            let family = name.strip_suffix('*');
            let hit: Vec<NoticeKind> = KINDS
                .into_iter()
                .filter(|k| name == "all" || k.event() == name || family.is_some_and(|f| k.event().starts_with(f)))
                .collect();
            if hit.is_empty() {
                let known: Vec<&str> = KINDS.iter().map(|k| k.event()).collect();
                return Err(format!("`events` names `{name}`, which does not exist; there are {}", known.join(", ")));
            }
            kinds.extend(hit);
        }
        if kinds.is_empty() {
            return Err("`events` is empty, so nothing would ever be sent: leave it out for all events".into());
        }
        Ok(Events(Some(kinds)))
    }

    /// A test message is always sent: somebody waits for it.
    pub(crate) fn wants(&self, kind: NoticeKind) -> bool {
        kind == NoticeKind::Test || self.0.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}
