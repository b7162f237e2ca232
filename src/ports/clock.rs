//! Time and ids, handed in at the edges so that tests own them.

use jiff::Timestamp;
use std::fmt;
use uuid::Uuid;

pub trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Timestamp;
}

pub trait Ids: Send + Sync + fmt::Debug {
    /// A new version 7 UUID: they sort by time.
    fn next(&self) -> Uuid;
}

#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Microseconds: what every store keeps, so that a value read back equals the value written.
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

#[derive(Debug, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
