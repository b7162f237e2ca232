//! What every test over the whole needs: one world (folder, port, database, fake Slack) per test.

pub mod fake_slack;
