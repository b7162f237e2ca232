//! The fake Slack of a test's world. The server itself lives beside the adapter (`adapters/slack/fake.rs`), because the
//! demo runs it too.

pub use tessera_slack::fake::{FakeSlack, Fault, Message, Request, TOKEN, WEBHOOK_CHANNEL, render_text, violations_of};
