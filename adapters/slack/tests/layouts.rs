//! Each notice's payload and how it reads, as snapshots; and none breaks a limit.

use super::notices;
use crate::fake::{Message, render_text, violations_of};
use crate::render;
use serde_json::{Value, json};

fn shown(text: &str, blocks: &[Value]) -> String {
    render_text(&Message {
        channel: "#data".into(),
        channel_id: "C1".into(),
        ts: "1.1".into(),
        text: text.to_owned(),
        blocks: blocks.to_vec(),
        metadata: None,
        history: Vec::new(),
        replies: Vec::new(),
    })
}

#[test]
fn every_layout() {
    for (name, notice) in notices() {
        let full = render::full(&notice, false);
        let payload = json!({"text": full.text, "blocks": full.blocks});
        assert_eq!(violations_of(&payload), Vec::<String>::new(), "{name}");
        insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
            insta::assert_json_snapshot!(name.as_str(), payload);
        });
    }
}

#[test]
fn every_layout_as_read() {
    let mut all = String::new();
    for (name, notice) in notices() {
        let full = render::full(&notice, false);
        let short = render::follow_up(&notice, true);
        let reply = render::reply(&notice, false);
        for payload in [json!({"text": short.text, "blocks": short.blocks}), json!({"text": reply})] {
            assert_eq!(violations_of(&payload), Vec::<String>::new(), "{name}");
        }
        all.push_str(&format!("=== {name}\n{}\n", shown(&full.text, &full.blocks)));
        all.push_str(&format!("--- fallback\n{}\n", full.text));
        all.push_str(&format!("--- thread reply\n{}\n", shown(&reply, &[])));
        all.push_str(&format!("--- follow-up of a webhook, repeated\n{}\n\n", shown(&short.text, &short.blocks)));
    }
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("as-read", all);
    });
}

#[test]
fn a_repeat_says_so_in_header_and_fallback() {
    for (name, notice) in notices() {
        let message = render::full(&notice, true);
        assert!(message.blocks[0]["text"]["text"].as_str().unwrap().ends_with("(repeat)"), "{name}");
        assert!(message.text.contains("(repeat)"), "{name}");
    }
}
