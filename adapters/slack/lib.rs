//! Slack: incoming webhook and bot token, Block Kit messages.
