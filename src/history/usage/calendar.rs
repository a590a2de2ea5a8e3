//! Local days and the periods they make up.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const DAY_MS: i64 = 24 * 3_600_000;
/// 1970-01-01, day 0.
const FIRST: Date = Date::constant(1970, 1, 1);

/// The zone that local days are cut in: fixed, without summer time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    minutes: i32,
}

/// How a span is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = HoursPer)]
pub(super) enum Per {
    /// Local days.
    Day,
    /// From Monday to Sunday, as ISO 8601 has it.
    Week,
    /// Of the calendar.
    Month,
    /// Not at all.
    Total,
}

/// A part of a span, as far as it has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// Its first day.
    pub(super) first: Date,
    /// Its last day.
    pub(super) last: Date,
    /// UTC milliseconds, inclusive.
    pub(super) from_ms: i64,
    /// UTC milliseconds, exclusive: its end or now, whichever is first.
    pub(super) to_ms: i64,
}

impl Zone {
    /// So many minutes east of UTC.
    #[must_use]
    pub const fn east(minutes: i32) -> Self {
        Self { minutes }
    }

    pub(super) fn minutes(self) -> i32 {
        self.minutes
    }

    fn offset_ms(self) -> i64 {
        i64::from(self.minutes) * 60_000
    }

    /// The local day of a time, counted from 1970-01-01.
    pub(super) fn day_of(self, at_ms: i64) -> i64 {
        at_ms.saturating_add(self.offset_ms()).div_euclid(DAY_MS)
    }

    /// When the day begins, UTC milliseconds.
    pub(super) fn start_of(self, day: i64) -> i64 {
        day.saturating_mul(DAY_MS).saturating_sub(self.offset_ms())
    }

    /// The local date of a time; the first or last there is for times beyond all calendars.
    pub(super) fn date_of(self, at_ms: i64) -> Date {
        // What a span of days may hold at most is past both ends of the calendar.
        FIRST.saturating_add(jiff::Span::new().days(self.day_of(at_ms).clamp(-4_000_000, 4_000_000)))
    }
}

/// Days from 1970-01-01 to the date.
pub(super) fn day_number(date: Date) -> i64 {
    date.duration_since(FIRST).as_hours() / 24
}

impl Per {
    /// The periods from the first date to the last, both inclusive, that have begun at `now_ms`; weeks and months are cut
    /// at both dates.
    pub(super) fn periods(self, from: Date, to: Date, zone: Zone, now_ms: i64) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut first = from;
        while first <= to {
            let last = self.last_of(first, to).min(to);
            let (from_ms, end_ms) = (zone.start_of(day_number(first)), zone.start_of(day_number(last) + 1));
            if from_ms >= now_ms {
                break;
            }
            periods.push(Period { first, last, from_ms, to_ms: end_ms.min(now_ms) });
            match last.tomorrow() {
                Ok(next) => first = next,
                // The end of the calendar.
                Err(_) => break,
            }
        }
        periods
    }

    fn last_of(self, date: Date, to: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week if date.weekday() == Weekday::Sunday => date,
            Self::Week => date.nth_weekday(1, Weekday::Sunday).unwrap_or(to),
            Self::Month => date.last_of_month(),
            Self::Total => to,
        }
    }

    /// SQL for which of the periods a day (`u.day`) of theirs is in, from 0.
    pub(super) fn sql(self, periods: &[Period]) -> String {
        let first = periods.first().map_or(0, |period| day_number(period.first));
        match self {
            Self::Day => format!("u.day - {first}"),
            // Day 0 was a Thursday.
            Self::Week => format!("(u.day + 3) / 7 - {}", (first + 3) / 7),
            Self::Total => "0".into(),
            Self::Month => {
                let ends = periods.iter().enumerate().map(|(n, period)| (n, day_number(period.last)));
                let cases: String = ends.map(|(n, last)| format!(" WHEN u.day <= {last} THEN {n}")).collect();
                format!("CASE{cases} END")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const CHINA: Zone = Zone { minutes: 480 };

    fn spans(per: Per, from: Date, to: Date) -> Vec<(Date, Date)> {
        per.periods(from, to, CHINA, i64::MAX).iter().map(|period| (period.first, period.last)).collect()
    }

    #[test]
    fn a_local_day_begins_at_local_midnight() {
        // 2026-11-01 00:00 in China.
        let midnight = 1_793_462_400_000;
        assert_eq!((CHINA.date_of(midnight), CHINA.date_of(midnight - 1)), (date(2026, 11, 1), date(2026, 10, 31)));
        assert_eq!(CHINA.start_of(CHINA.day_of(midnight + 5)), midnight);
        assert_eq!(day_number(date(2026, 11, 1)), CHINA.day_of(midnight));
        let (west, before_1970) = (Zone::east(-300), -1);
        assert_eq!((west.day_of(before_1970), west.date_of(0)), (-1, date(1969, 12, 31)));
        assert_eq!(CHINA.date_of(i64::MAX), Date::MAX);
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first_and_all_are_cut_at_the_ends() {
        let (from, to) = (date(2026, 10, 29), date(2026, 11, 9));
        assert_eq!(spans(Per::Day, from, to).len(), 12);
        assert_eq!(
            spans(Per::Week, from, to),
            [(from, date(2026, 11, 1)), (date(2026, 11, 2), date(2026, 11, 8)), (to, to)]
        );
        assert_eq!(spans(Per::Month, from, to), [(from, date(2026, 10, 31)), (date(2026, 11, 1), to)]);
        assert_eq!(spans(Per::Total, from, to), [(from, to)]);
        assert_eq!(spans(Per::Day, Date::MAX, Date::MAX), [(Date::MAX, Date::MAX)]);
    }

    #[test]
    fn what_has_not_begun_is_left_out_and_what_has_is_cut_at_now() {
        let now = CHINA.start_of(day_number(date(2026, 11, 2))) + 5;
        let periods = Per::Day.periods(date(2026, 11, 1), date(2026, 11, 9), CHINA, now);
        assert_eq!(periods.len(), 2);
        assert_eq!((periods[0].to_ms, periods[1].from_ms, periods[1].to_ms), (now - 5, now - 5, now));
    }
}
