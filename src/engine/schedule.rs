//! Cron slots: which one is due, which comes next. A missed slot runs once, however many were missed; scans of one
//! warehouse never overlap; only the leader schedules.

use crate::engine::Engine;
use crate::settings::WarehouseSettings;
use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use jiff::Timestamp;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tessera_model::Actor;
use tessera_ports::{Batch, Write};
use tokio_util::sync::CancellationToken;

/// So many missed slots are walked one by one; beyond, the search starts near the present.
const WALK: usize = 5_000;

/// A cron expression in its time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: cron::Schedule,
    zone: Tz,
}

impl Schedule {
    /// Five fields (minutes first) or six (seconds first). The error says what is wrong and shows a right one.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, String> {
        let fields = expression.split_whitespace().count();
        let full = if fields == 5 { format!("0 {expression}") } else { expression.to_owned() };
        let cron = cron::Schedule::from_str(&full)
            .map_err(|e| format!("`{expression}` is no cron expression ({e}); for every 15 minutes write `0 */15 * * * *` (seconds first)"))?;
        let zone = Tz::from_str(zone)
            .map_err(|_| format!("`{zone}` is no IANA time zone; examples: UTC, Europe/Berlin, America/New_York"))?;
        Ok(Schedule { cron, zone })
    }

    fn local(&self, at: Timestamp) -> DateTime<Tz> {
        let utc: DateTime<Utc> = Utc.timestamp_opt(at.as_second(), 0).single().unwrap_or_default();
        utc.with_timezone(&self.zone)
    }

    /// The first slot after `at`.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.cron.after(&self.local(at)).next().and_then(|t| Timestamp::from_second(t.timestamp()).ok())
    }

    /// The newest slot in `(last, now]`: the one to run, whatever was missed before it.
    pub fn due(&self, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let newest = |from: Timestamp| {
            let mut found = None;
            for slot in self.cron.after(&self.local(from)).take(WALK) {
                match Timestamp::from_second(slot.timestamp()) {
                    Ok(t) if t <= now => found = Some(t),
                    _ => return (found, true),
                }
            }
            (found, false)
        };
        let (found, whole) = newest(last);
        if whole {
            return found;
        }
        let near = now.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(last);
        newest(near.max(last)).0.or(found)
    }
}

fn slot_setting(warehouse: &str) -> String {
    format!("slot.{warehouse}")
}

/// Runs one warehouse's slots until stopped.
pub async fn run(engine: Arc<Engine>, warehouse: WarehouseSettings, stop: CancellationToken) {
    let Some(expression) = warehouse.cron.clone() else { return };
    let schedule = match Schedule::parse(&expression, &warehouse.timezone) {
        Ok(schedule) => schedule,
        // Settings are validated before they come here.
        Err(e) => return tracing::error!(warehouse = %warehouse.name, error = %e, "not scheduled"),
    };
    let name = warehouse.name.clone();
    let begun = engine.now();
    loop {
        let wait = match tick(&engine, &warehouse, &schedule, begun).await {
            Ok(next) => next,
            Err(e) => {
                tracing::warn!(warehouse = %name, error = %e, "slot not served; trying again");
                Duration::from_secs(2)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Serves a slot that is due; says how long to wait until the next look.
async fn tick(
    engine: &Arc<Engine>,
    warehouse: &WarehouseSettings,
    schedule: &Schedule,
    begun: Timestamp,
) -> crate::Result<Duration> {
    if engine.fence().is_none() {
        return Ok(Duration::from_millis(500));
    }
    let now = engine.now();
    let setting = slot_setting(&warehouse.name);
    let last = match engine.store().setting(&setting).await? {
        Some(text) => text.parse::<Timestamp>().unwrap_or(begun),
        None => {
            // First start: the slots before it were never promised.
            let write = Write::PutSetting { name: setting, value: Some(begun.to_string()) };
            engine.commit(Batch { writes: vec![write], ..Batch::default() }).await?;
            begun
        }
    };
    let Some(slot) = schedule.due(last, now) else {
        let next = schedule.next_after(now.max(last));
        let wait = next.map_or(3_600_000, |t| t.as_millisecond() - now.as_millisecond()).clamp(10, 60_000);
        return Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(1_000)));
    };
    let jitter = jitter(engine, warehouse.jitter_seconds);
    let elapsed = now.duration_since(slot).unsigned_abs();
    if jitter > elapsed {
        tokio::time::sleep(jitter - elapsed).await;
    }
    match engine.scan_now(&Actor::daemon(), &warehouse.name, Some(slot), false).await {
        Ok(_) => {}
        // Another daemon, or this one before a restart, has served it.
        Err(e) if e.message.starts_with("scan slot") => {}
        Err(e) if e.code == "SCAN_RUNNING" => return Ok(Duration::from_millis(200)),
        Err(e) => return Err(e),
    }
    let write = Write::PutSetting { name: slot_setting(&warehouse.name), value: Some(slot.to_string()) };
    engine.commit(Batch { writes: vec![write], fence: engine.fence(), ..Batch::default() }).await?;
    Ok(Duration::from_millis(10))
}

fn jitter(engine: &Engine, seconds: u32) -> Duration {
    if seconds == 0 {
        return Duration::ZERO;
    }
    let random = engine.ids().next().as_u128() as u64;
    Duration::from_millis(random % (u64::from(seconds) * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn slots_are_local_and_missed_ones_run_once() {
        let daily = Schedule::parse("30 2 * * *", "Europe/Berlin").unwrap();
        // 2026-07-01 02:30 in Berlin is 00:30 UTC; in January it is 01:30 UTC.
        assert_eq!(daily.next_after(at("2026-07-01T00:00:00Z")), Some(at("2026-07-01T00:30:00Z")));
        assert_eq!(daily.next_after(at("2026-01-01T00:00:00Z")), Some(at("2026-01-01T01:30:00Z")));
        assert_eq!(daily.due(at("2026-07-01T00:00:00Z"), at("2026-07-01T00:29:59Z")), None);
        assert_eq!(daily.due(at("2026-06-20T00:00:00Z"), at("2026-07-01T12:00:00Z")), Some(at("2026-07-01T00:30:00Z")));
        let often = Schedule::parse("* * * * * *", "UTC").unwrap();
        assert_eq!(often.due(at("2025-01-01T00:00:00Z"), at("2026-07-01T12:00:00Z")), Some(at("2026-07-01T12:00:00Z")));
        assert_eq!(often.due(at("2026-07-01T12:00:00Z"), at("2026-07-01T12:00:00Z")), None);
    }

    #[test]
    fn clocks_that_change_skip_no_day_and_run_none_twice() {
        let daily = Schedule::parse("0 30 2 * * *", "Europe/Berlin").unwrap();
        let mut last = at("2026-10-20T00:00:00Z");
        let mut days = Vec::new();
        for _ in 0..10 {
            let next = daily.next_after(last).unwrap();
            days.push(next.to_zoned(jiff::tz::TimeZone::UTC).date());
            last = next;
        }
        days.dedup();
        assert_eq!(days.len(), 10, "one slot a day over the end of summer time: {days:?}");
    }

    #[test]
    fn bad_expressions_say_what_is_right() {
        for (cron, zone, part) in
            [("every day", "UTC", "*/15"), ("0 0 * * *", "Berlin", "Europe/Berlin"), ("61 * * * *", "UTC", "cron")]
        {
            let error = Schedule::parse(cron, zone).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
