//! However large and hostile a notice is, its messages stay within Slack's limits and mention nobody.

use crate::fake::violations_of;
use crate::render;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use tessera_model::report::AssetChange;
use tessera_model::{Effect, Evidence, EvidenceSource, Reader, ReaderKind, UseKind};
use tessera_ports::notifier::{Notice, NoticeKind, NoticeTeam};

/// Ordinary words, everything that means something to Slack, and anything at all; short and very long.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z_]{1,12}",
        1 => Just("<!channel>".to_owned()),
        1 => Just("@here".to_owned()),
        1 => Just("@\u{200b}channel".to_owned()),
        1 => Just("@\u{ad}EVERYONE".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("`".to_owned()),
        1 => Just("&&&<<<>>>".to_owned()),
        1 => Just("<https://x.example|y>".to_owned()),
        1 => Just("💥👩‍👩‍👧\u{202e}\u{0}\n\t".to_owned()),
        2 => any::<String>(),
    ];
    let short = proptest::collection::vec(piece.clone(), 0..6);
    let long = (piece, 1usize..400).prop_map(|(p, n)| vec![p; n]);
    prop_oneof![12 => short, 1 => long].prop_map(|v| v.concat())
}

fn reader() -> impl Strategy<Value = Reader> {
    let kinds = prop::sample::select(vec![
        ReaderKind::DbtModel,
        ReaderKind::DbtSnapshot,
        ReaderKind::DbtTest,
        ReaderKind::Exposure,
        ReaderKind::Registration,
        ReaderKind::View,
        ReaderKind::Query,
        ReaderKind::Agent,
    ]);
    let effects = prop::sample::select(vec![Effect::Breaks, Effect::Changes, Effect::Reads, Effect::MayRead]);
    let uses = proptest::sample::subsequence(
        vec![UseKind::Project, UseKind::Filter, UseKind::Join, UseKind::Group, UseKind::Sort, UseKind::Window],
        0..6,
    );
    let columns = proptest::collection::vec(words(), 0..8);
    (words(), kinds, effects, columns, uses, words(), any::<u64>()).prop_map(
        |(name, kind, effect, columns, uses, other, count)| Reader {
            via: vec![other.clone(); usize::from(count % 3 == 0)],
            reason: (count % 2 == 0).then_some(other),
            name,
            kind,
            team: None,
            effect,
            columns,
            uses,
            evidence: Evidence {
                source: EvidenceSource::QueryHistory,
                first_seen: None,
                last_seen: Some(Timestamp::UNIX_EPOCH),
                count,
            },
        },
    )
}

fn team() -> impl Strategy<Value = NoticeTeam> {
    let answers = prop_oneof![
        prop::sample::select(vec!["", "missing", "approved", "migrating", "blocked"]).prop_map(str::to_owned),
        words()
    ];
    (words(), answers, proptest::option::of(words()), proptest::collection::vec(reader(), 0..6))
        .prop_map(|(name, answer, note, because)| NoticeTeam { name, answer, note, because })
}

fn change() -> impl Strategy<Value = AssetChange> {
    let value = || prop_oneof![words().prop_map(|w| json!(w)), Just(json!(null)), Just(json!({"a": [1, "<"]}))];
    (words(), proptest::option::of(words()), words(), value(), value(), words(), any::<bool>()).prop_map(
        |(asset, column, rule, before, after, message, breaking)| {
            serde_json::from_value(json!({
                "asset": asset, "node": null, "column": column, "file": null, "line": null, "readers": [],
                "acknowledged": false, "proposal": null, "rule": rule, "breaking": breaking, "before": before,
                "after": after, "message": message, "suggestion": message, "reads": "fails", "writes": "ok",
            }))
            .unwrap()
        },
    )
}

fn any_notice() -> impl Strategy<Value = Notice> {
    let kinds = prop::sample::select(vec![
        NoticeKind::ProposalOpened,
        NoticeKind::ProposalProgress,
        NoticeKind::ProposalResolved,
        NoticeKind::ProposalReminder,
        NoticeKind::ProposalForced,
        NoticeKind::ContractPublished,
        NoticeKind::Drift,
        NoticeKind::MassChange,
        NoticeKind::Attention,
    ]);
    let url = proptest::option::of(prop_oneof![
        words().prop_map(|w| format!("https://tessera.example.com/{w}")),
        words(),
        Just(format!("https://x.example/{}", "a&".repeat(1_400))),
    ]);
    let lists = (
        proptest::collection::vec(change(), 0..8),
        proptest::collection::vec(team(), 0..10),
        proptest::collection::vec(words(), 0..8),
    );
    let facts = proptest::option::of(words());
    (kinds, [words(), words(), words()], lists, facts, url, any::<bool>()).prop_map(
        |(kind, [title, summary, subject], (changes, teams, commands), fact, url, dated)| Notice {
            kind,
            subject,
            title,
            summary,
            asset: fact.clone(),
            owner: fact.clone(),
            opened_by: fact.clone(),
            deadline: dated.then_some(Timestamp::MAX),
            changes,
            teams,
            coverage: fact.clone(),
            status: fact,
            url,
            commands,
            at: Timestamp::UNIX_EPOCH,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_notice_breaks_a_limit(notice in any_notice(), repeat in any::<bool>()) {
        for message in [render::full(&notice, repeat), render::follow_up(&notice, repeat)] {
            prop_assert_eq!(violations_of(&json!({"text": message.text, "blocks": message.blocks})), Vec::<String>::new());
        }
        let reply = render::reply(&notice, repeat);
        prop_assert_eq!(violations_of(&json!({"text": reply})), Vec::<String>::new());
        // Nothing is lost without a word: each missing team is named or counted.
        let missing = notice.teams.iter().filter(|t| t.answer == "missing").count();
        let asked = notice.teams.iter().filter(|t| !t.answer.is_empty()).count();
        if missing > 0 {
            let text = serde_json::to_string(&render::full(&notice, false).blocks).unwrap();
            let counted = format!(" of {asked} acknowledged: ");
            prop_assert!(text.contains(&counted));
        }
    }
}

/// A rename of a whole schema: thousands of changes, hundreds of teams with long names and reasons.
#[test]
fn a_giant_notice_fits() {
    for (name, mut notice) in super::notices() {
        let long = "<very & long> `name` ".repeat(40);
        for team in &mut notice.teams {
            team.note = Some(long.clone());
            for reader in &mut team.because {
                reader.name.clone_from(&long);
                reader.reason = Some(long.clone());
            }
        }
        notice.title.push_str(&long);
        notice.summary.push_str(&long);
        notice.teams = notice.teams.iter().cycle().take(notice.teams.len() * 300).cloned().collect();
        notice.changes = notice.changes.iter().cycle().take(notice.changes.len() * 1_000).cloned().collect();
        notice.commands =
            notice.commands.iter().cycle().take(notice.commands.len() * 100).map(|c| format!("{c}{long}")).collect();
        for message in [render::full(&notice, true), render::follow_up(&notice, true)] {
            let payload = json!({"text": message.text, "blocks": message.blocks});
            assert_eq!(violations_of(&payload), Vec::<String>::new(), "{name}");
        }
        let blocks = serde_json::to_string(&render::full(&notice, false).blocks).unwrap();
        assert!(notice.teams.is_empty() || blocks.contains("more teams"), "{name}: {blocks}");
        assert!(notice.changes.is_empty() || blocks.contains(" more"), "{name}");
    }
}

/// The checker has teeth: each of these is refused.
#[test]
fn the_checker_finds_each_violation() {
    let section =
        |text: &str| json!({"text": "t", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]});
    let header =
        |text: &str| json!({"text": "t", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": text}}]});
    let button = |extra: serde_json::Value| {
        let mut b = json!({"type": "button", "text": {"type": "plain_text", "text": "ok"}});
        b.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"text": "t", "blocks": [{"type": "actions", "elements": [b]}]})
    };
    let element = json!({"type": "mrkdwn", "text": "x"});
    let bad = [
        ("no text", json!({"blocks": []})),
        ("long text", json!({"text": "x".repeat(40_001)})),
        ("51 blocks", json!({"text": "t", "blocks": vec![json!({"type": "divider"}); 51]})),
        ("empty section", section("")),
        ("long section", section(&"x".repeat(3_001))),
        ("broadcast", section("<!channel> hi")),
        ("broadcast word", section("hi @Here")),
        ("user mention", section("<@U123>")),
        ("raw ampersand", section("a & b")),
        ("open bracket", section("a < b")),
        ("open backtick", section("a ` b")),
        ("control", section("a\u{7}b")),
        ("long header", header(&"x".repeat(151))),
        ("header mention", header("@channel")),
        ("mrkdwn header", json!({"text": "t", "blocks": [{"type": "header", "text": element}]})),
        ("long button", button(json!({"text": {"type": "plain_text", "text": "x".repeat(76)}}))),
        ("long url", button(json!({"url": format!("https://x/{}", "x".repeat(3_000))}))),
        ("odd url", button(json!({"url": "javascript:alert(1)"}))),
        ("long value", button(json!({"value": "x".repeat(2_001)}))),
        (
            "11 context elements",
            json!({"text": "t", "blocks": [{"type": "context", "elements": vec![element.clone(); 11]}]}),
        ),
        ("11 fields", json!({"text": "t", "blocks": [{"type": "section", "fields": vec![element; 11]}]})),
        ("no elements", json!({"text": "t", "blocks": [{"type": "actions", "elements": []}]})),
        ("unknown block", json!({"text": "t", "blocks": [{"type": "marquee"}]})),
        ("metadata", json!({"text": "t", "metadata": {"event_type": "x"}})),
        ("not an object", json!([])),
    ];
    for (what, payload) in bad {
        assert!(!violations_of(&payload).is_empty(), "{what} was accepted");
    }
    assert_eq!(
        violations_of(&section("fine <https://x.example|x> <!date^1^{date}|then> &amp; `code`")),
        Vec::<String>::new()
    );
}
