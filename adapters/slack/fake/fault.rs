//! The ways in which the fake can be told to fail: those of a network, of a proxy, and of Slack itself.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// 429 with `Retry-After` in seconds.
    Limited(u64),
    /// This status and nothing useful.
    Status(u16),
    /// Carries the request out, but answers only after this time.
    Slow(Duration),
    /// 200 with `ok: false` and this code (a webhook: 403 with the code as text).
    Says(String),
    /// Closes the connection before doing anything.
    Reset,
    /// Carries the request out, then closes the connection: the outcome is unknown to the caller.
    ResetAfter,
    /// 200 with a web page, as a captive portal would.
    WebPage,
    /// 200 and JSON that is cut off.
    Garbage,
}
