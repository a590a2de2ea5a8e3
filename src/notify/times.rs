//! Times of the day: quiet hours, and when a digest goes out.

use crate::domain::Severity;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The zone that people's clocks show: fixed, without summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalTime {
    minutes: i32,
}

/// A time of the day, `hh:mm`, as minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct TimeOfDay(u16);

/// When what happened is told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "every", deny_unknown_fields)]
pub(super) enum Digest {
    /// At each full hour.
    Hour,
    /// Once a day.
    Day {
        /// When, `hh:mm` local time.
        #[schema(value_type = String, example = "08:30")]
        at: TimeOfDay,
    },
}

/// Times at which only what is severe is told; the rest waits for their end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Quiet {
    /// 1 to 8 ranges of the day.
    pub(super) ranges: Vec<Range>,
    /// What is at least so severe is told all the same; without it, nothing is.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "serious")]
    pub(super) passes: Option<Severity>,
}

/// From one time of the day to another, over midnight if that is earlier; all day if it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    /// `hh:mm` local time, inclusive.
    #[schema(value_type = String, example = "22:00")]
    from: TimeOfDay,
    /// `hh:mm` local time, exclusive.
    #[schema(value_type = String, example = "07:00")]
    to: TimeOfDay,
}

impl LocalTime {
    /// So many minutes east of UTC.
    #[must_use]
    pub(super) const fn east(minutes: i32) -> Self {
        Self { minutes }
    }

    fn local(self, at_ms: i64) -> i64 {
        at_ms.saturating_add(i64::from(self.minutes) * MINUTE_MS)
    }

    /// The first time not before `at_ms` at which clocks show this.
    fn next(self, time: TimeOfDay, at_ms: i64) -> i64 {
        let into = self.local(at_ms).rem_euclid(DAY_MS);
        at_ms.saturating_add((i64::from(time.0) * MINUTE_MS - into).rem_euclid(DAY_MS))
    }

    /// For people: `2026-11-30 08:15 (UTC+08:00)`.
    pub(super) fn show(self, at_ms: i64) -> String {
        let offset = Offset::from_seconds(self.minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let Ok(at) = Timestamp::from_millisecond(at_ms) else { return at_ms.to_string() };
        let zone = TimeZone::fixed(offset);
        at.to_zoned(zone).strftime("%Y-%m-%d %H:%M (UTC%:z)").to_string()
    }
}

/// For programs: RFC 3339 in UTC.
pub(super) fn rfc3339(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(|_| at_ms.to_string(), |at| format!("{at:.3}"))
}

impl Digest {
    /// When what happens at `at_ms` is told.
    fn due(self, at_ms: i64, zone: LocalTime) -> i64 {
        match self {
            Self::Hour => at_ms.saturating_add((-zone.local(at_ms)).rem_euclid(HOUR_MS)),
            Self::Day { at } => zone.next(at, at_ms),
        }
    }
}

impl Quiet {
    /// The first time not before `at_ms` outside all ranges; where they leave no time, the end of a day's wait.
    fn end(&self, at_ms: i64, zone: LocalTime) -> i64 {
        let mut end = at_ms;
        // A range may end within another one; who has gone round the clock stays there.
        while let Some(range) = self.ranges.iter().find(|range| range.holds(end, zone)) {
            end = end.max(zone.next(range.to, end.saturating_add(1)));
            if end.saturating_sub(at_ms) >= DAY_MS {
                return at_ms.saturating_add(DAY_MS);
            }
        }
        end
    }

    fn lets_pass(&self, severity: Option<Severity>) -> bool {
        self.passes.zip(severity).is_some_and(|(least, severity)| severity >= least)
    }
}

impl Range {
    fn holds(self, at_ms: i64, zone: LocalTime) -> bool {
        let minute = zone.local(at_ms).rem_euclid(DAY_MS) / MINUTE_MS;
        let (from, to) = (i64::from(self.from.0), i64::from(self.to.0));
        if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

/// When something is told that happens at `at_ms`.
pub(super) fn due(
    digest: Option<Digest>,
    quiet: Option<&Quiet>,
    severity: Option<Severity>,
    at_ms: i64,
    zone: LocalTime,
) -> i64 {
    let due = digest.map_or(at_ms, |digest| digest.due(at_ms, zone));
    match quiet {
        Some(quiet) if !quiet.lets_pass(severity) => quiet.end(due, zone),
        _ => due,
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = |text: &str, below: u16| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number: &u16| digits && *number < below)
        };
        let (hours, minutes) = text.split_once(':').ok_or("a time of the day is hh:mm")?;
        let parts = number(hours, 24).zip(number(minutes, 60));
        parts.map(|(hours, minutes)| Self(hours * 60 + minutes)).ok_or("a time of the day is 00:00 to 23:59")
    }
}

impl From<TimeOfDay> for String {
    fn from(TimeOfDay(minutes): TimeOfDay) -> Self {
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2023-11-14 22:13:20 UTC, 06:13:20 the next day in China.
    const AT: i64 = 1_700_000_000_000;
    const CHINA: LocalTime = LocalTime::east(480);

    fn time(text: &str) -> TimeOfDay {
        text.to_owned().try_into().unwrap()
    }

    fn quiet(ranges: &[(&str, &str)], passes: Option<Severity>) -> Quiet {
        let ranges = ranges.iter().map(|(from, to)| Range { from: time(from), to: time(to) }).collect();
        Quiet { ranges, passes }
    }

    #[test]
    fn a_digest_goes_out_at_the_next_full_hour_or_time_of_the_day() {
        assert_eq!(CHINA.show(AT), "2023-11-15 06:13 (UTC+08:00)");
        let show = |digest| CHINA.show(due(Some(digest), None, None, AT, CHINA));
        assert_eq!(show(Digest::Hour), "2023-11-15 07:00 (UTC+08:00)");
        assert_eq!(show(Digest::Day { at: time("08:30") }), "2023-11-15 08:30 (UTC+08:00)");
        assert_eq!(show(Digest::Day { at: time("06:00") }), "2023-11-16 06:00 (UTC+08:00)");
        let india = LocalTime::east(330);
        assert_eq!(india.show(due(Some(Digest::Hour), None, None, AT, india)), "2023-11-15 04:00 (UTC+05:30)");
    }

    #[test]
    fn in_quiet_hours_only_what_is_severe_passes() {
        let night = quiet(&[("22:00", "07:00"), ("07:00", "07:30")], Some(Severity::Serious));
        let show = |severity| CHINA.show(due(None, Some(&night), severity, AT, CHINA));
        assert_eq!(show(Some(Severity::Warning)), "2023-11-15 07:30 (UTC+08:00)");
        assert_eq!(show(None), "2023-11-15 07:30 (UTC+08:00)");
        assert_eq!(show(Some(Severity::Serious)), "2023-11-15 06:13 (UTC+08:00)");
        let digest = Some(Digest::Day { at: time("23:00") });
        assert_eq!(CHINA.show(due(digest, Some(&night), None, AT, CHINA)), "2023-11-16 07:30 (UTC+08:00)");
        let always = quiet(&[("00:00", "00:00")], None);
        assert_eq!(due(None, Some(&always), None, AT, CHINA), AT + DAY_MS, "nothing waits for ever");
    }

    #[test]
    fn a_time_of_the_day_is_read_as_it_is_written() {
        assert_eq!(String::from(time("07:05")), "07:05");
        for wrong in ["24:00", "7:00", "07:60", "0700", "", "+7:00", "７:00"] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_told_before_it_happens_nor_in_quiet_hours_nor_more_than_two_days_late(
            at_ms in 0_i64..4_000_000_000_000, minutes in -720_i32..840, hourly: bool, digest: bool, at in 0_u16..1440,
            ranges in prop::collection::vec((0_u16..1440, 0_u16..1440), 0..4),
        ) {
            let zone = LocalTime::east(minutes);
            let digest = digest.then_some(if hourly { Digest::Hour } else { Digest::Day { at: TimeOfDay(at) } });
            let ranges: Vec<_> = ranges.into_iter().map(|(a, b)| Range { from: TimeOfDay(a), to: TimeOfDay(b) }).collect();
            let quiet = Quiet { ranges, passes: None };
            let due = due(digest, Some(&quiet), Some(Severity::Critical), at_ms, zone);
            prop_assert!((at_ms..=at_ms + 2 * DAY_MS).contains(&due));
            let free = (0..1440).any(|minute| !quiet.ranges.iter().any(|range| range.holds(at_ms + minute * MINUTE_MS, zone)));
            prop_assert!(!free || !quiet.ranges.iter().any(|range| range.holds(due, zone)));
        }
    }
}
