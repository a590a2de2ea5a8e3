use super::InstrumentId;
use super::day::LocalDay;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: u16 = 24 * 60;
const DAY_MS: i64 = DAY_MINUTES as i64 * MINUTE_MS;
/// Spans of one day, and dates with hours of their own, that are taken at most.
const MOST: (usize, usize) = (12, 1_000);

/// A stretch of a local day in which there is work, such as `08:30-12:00`: whole minutes, the first included, the last not.
/// It ends at 24:00 at the latest; a night is two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenSpan {
    from: u16,
    to: u16,
}

/// When there is work, in local time: spans for each weekday, and dates on which it is otherwise (holidays, working
/// Saturdays). All times are local: UTC milliseconds plus the zone's offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct OpeningHours {
    /// Monday first; each day's spans are in order and apart.
    weekly: [Vec<OpenSpan>; 7],
    dates: BTreeMap<LocalDay, Vec<OpenSpan>>,
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    weekly: [Vec<String>; 7],
    #[serde(default)]
    dates: BTreeMap<String, Vec<String>>,
}

/// Why something is no opening hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOpening {
    /// A span that is none.
    #[error("{0:?} is no span of a day: write 08:30-12:00, from 00:00 to 24:00")]
    Span(String),
    /// A date that is none.
    #[error("{0:?} is no date: write 2026-10-01")]
    Date(String),
    /// More than is taken.
    #[error("opening hours have at most 12 spans a day and 1000 dates")]
    TooMuch,
}

/// Knows when there is work at an instrument: its own hours, or those of the nearest unit above it that has some. A look-up
/// in memory; whoever needs it is handed it by `app`.
pub trait Openings: Send + Sync + 'static {
    /// The instrument's hours; the usual ones for an instrument that is not known.
    fn opening(&self, instrument: &InstrumentId) -> Arc<OpeningHours>;
}

impl Default for OpeningHours {
    /// Monday to Friday, 08:30 to 17:30.
    fn default() -> Self {
        let day = vec![OpenSpan { from: 8 * 60 + 30, to: 17 * 60 + 30 }];
        let weekly = std::array::from_fn(|weekday| if weekday < 5 { day.clone() } else { Vec::new() });
        Self { weekly, dates: BTreeMap::new() }
    }
}

impl OpeningHours {
    /// The spans of each weekday, Monday first, and those of dates that are otherwise.
    ///
    /// # Errors
    /// When they are too many.
    pub fn new(weekly: [Vec<OpenSpan>; 7], dates: BTreeMap<LocalDay, Vec<OpenSpan>>) -> Result<Self, InvalidOpening> {
        if dates.len() > MOST.1 || weekly.iter().chain(dates.values()).any(|spans| spans.len() > MOST.0) {
            return Err(InvalidOpening::TooMuch);
        }
        let dates = dates.into_iter().map(|(day, spans)| (day, in_order(spans))).collect();
        Ok(Self { weekly: weekly.map(in_order), dates })
    }

    /// Around the clock.
    #[must_use]
    pub fn always() -> Self {
        let day = vec![OpenSpan { from: 0, to: DAY_MINUTES }];
        Self { weekly: std::array::from_fn(|_| day.clone()), dates: BTreeMap::new() }
    }

    fn spans(&self, day: i64) -> &[OpenSpan] {
        let own = LocalDay::new(day).and_then(|day| self.dates.get(&day));
        own.map_or_else(|| self.usual(day), Vec::as_slice)
    }

    fn usual(&self, day: i64) -> &[OpenSpan] {
        &self.weekly[weekday(day)]
    }

    /// Whether there is work at this local time.
    #[must_use]
    pub fn is_open(&self, local_ms: i64) -> bool {
        let (day, of_day) = (local_ms.div_euclid(DAY_MS), local_ms.rem_euclid(DAY_MS));
        self.spans(day).iter().any(|span| span.start_ms() <= of_day && of_day < span.end_ms())
    }

    /// How much of `[from_ms, to_ms)`, local, there is work. As quick for a century as for a day.
    #[must_use]
    pub fn open_ms(&self, from_ms: i64, to_ms: i64) -> i64 {
        if from_ms >= to_ms {
            return 0;
        }
        let usual = self.usual_ms_before(to_ms).saturating_sub(self.usual_ms_before(from_ms));
        let (first, last) = (from_ms.div_euclid(DAY_MS), to_ms.div_euclid(DAY_MS));
        let first = LocalDay::new(first.clamp(LocalDay::MIN.number(), LocalDay::MAX.number())).unwrap_or(LocalDay::MIN);
        self.dates.range(first..).take_while(|(day, _)| day.number() <= last).fold(usual, |open, (day, own)| {
            let start = day.number() * DAY_MS;
            let part = (from_ms.saturating_sub(start), to_ms.saturating_sub(start));
            open - within(self.usual(day.number()), part) + within(own, part)
        })
    }

    /// What the weekdays alone have from 1970 on; negative before it.
    fn usual_ms_before(&self, local_ms: i64) -> i64 {
        let day = local_ms.div_euclid(DAY_MS);
        let (week, days) = (day.div_euclid(7), day.rem_euclid(7));
        let whole = |day: i64| within(self.usual(day), (0, DAY_MS));
        let a_week: i64 = (0..7).map(whole).sum();
        let days: i64 = (0..days).map(whole).sum();
        week * a_week + days + within(self.usual(day), (0, local_ms.rem_euclid(DAY_MS)))
    }

    /// The first local time after this one at which work begins or ends; `None` where it always or never goes on.
    #[must_use]
    pub fn next_change(&self, local_ms: i64) -> Option<i64> {
        let today = local_ms.div_euclid(DAY_MS);
        // A change that is not within a week of today or of a date with hours of its own is one of the weekdays', and those
        // change in every week.
        let dates = self.dates.keys().map(|day| day.number()).filter(|day| *day >= today);
        let mut days: Vec<i64> = std::iter::once(today).chain(dates).flat_map(|day| day..=day + 8).collect();
        days.sort_unstable();
        days.dedup();
        days.into_iter().find_map(|day| {
            let start = day.checked_mul(DAY_MS)?;
            let edges = self.spans(day).iter().flat_map(|span| [span.start_ms(), span.end_ms()]);
            std::iter::once(0)
                .chain(edges)
                .map(|edge| start.saturating_add(edge))
                .find(|at| *at > local_ms && self.is_open(*at) != self.is_open(*at - 1))
        })
    }

    /// Those of a weekday, 0 for Monday; nothing past Sunday.
    #[must_use]
    pub fn weekday(&self, weekday: usize) -> &[OpenSpan] {
        self.weekly.get(weekday).map_or(&[], Vec::as_slice)
    }

    /// The dates on which it is otherwise.
    #[must_use]
    pub fn dates(&self) -> &BTreeMap<LocalDay, Vec<OpenSpan>> {
        &self.dates
    }
}

/// Day 0 was a Thursday; Monday is 0.
fn weekday(day: i64) -> usize {
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default()
}

/// How much of the spans is in a part of their day, in milliseconds of it.
fn within(spans: &[OpenSpan], (from_ms, to_ms): (i64, i64)) -> i64 {
    spans.iter().map(|span| (span.end_ms().min(to_ms) - span.start_ms().max(from_ms)).max(0)).sum()
}

/// Sorted, and those that touch made one.
fn in_order(mut spans: Vec<OpenSpan>) -> Vec<OpenSpan> {
    spans.sort_unstable();
    let mut apart: Vec<OpenSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut().filter(|last| last.to >= span.from) {
            Some(last) => last.to = last.to.max(span.to),
            None => apart.push(span),
        }
    }
    apart
}

impl OpenSpan {
    /// From one minute of the day to another; `None` if it is empty or ends after the day.
    #[must_use]
    pub const fn new(from: u16, to: u16) -> Option<Self> {
        if from < to && to <= DAY_MINUTES { Some(Self { from, to }) } else { None }
    }

    const fn start_ms(self) -> i64 {
        self.from as i64 * MINUTE_MS
    }

    const fn end_ms(self) -> i64 {
        self.to as i64 * MINUTE_MS
    }
}

impl fmt::Display for OpenSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl FromStr for OpenSpan {
    type Err = InvalidOpening;

    fn from_str(text: &str) -> Result<Self, InvalidOpening> {
        let span = text.trim().split_once(['-', '–', '~']).and_then(|(from, to)| Self::new(minute(from)?, minute(to)?));
        span.ok_or_else(|| InvalidOpening::Span(text.chars().take(40).collect()))
    }
}

/// `8:30` as minutes of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once([':', '：'])?;
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
    (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
}

impl TryFrom<Written> for OpeningHours {
    type Error = InvalidOpening;

    fn try_from(written: Written) -> Result<Self, InvalidOpening> {
        let mut weekly: [Vec<OpenSpan>; 7] = Default::default();
        for (day, spans) in weekly.iter_mut().zip(&written.weekly) {
            *day = read(spans)?;
        }
        let date = |(date, spans): (&String, &Vec<String>)| {
            let day = date.parse().map_err(|_| InvalidOpening::Date(date.chars().take(40).collect()))?;
            Ok((day, read(spans)?))
        };
        Self::new(weekly, written.dates.iter().map(date).collect::<Result<_, _>>()?)
    }
}

fn read(spans: &[String]) -> Result<Vec<OpenSpan>, InvalidOpening> {
    spans.iter().map(|span| span.parse()).collect()
}

impl From<OpeningHours> for Written {
    fn from(hours: OpeningHours) -> Self {
        let written = |spans: Vec<OpenSpan>| spans.iter().map(OpenSpan::to_string).collect();
        let dates = hours.dates.into_iter().map(|(day, spans)| (day.to_string(), written(spans))).collect();
        Self { weekly: hours.weekly.map(written), dates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR_MS: i64 = 60 * MINUTE_MS;

    /// Local milliseconds of a date at an hour.
    fn at(date: &str, hours: f64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "quarters of hours")]
        let ms = (hours * HOUR_MS as f64) as i64;
        date.parse::<LocalDay>().unwrap().number() * DAY_MS + ms
    }

    #[test]
    fn the_usual_hours_are_from_monday_to_friday() {
        let usual = OpeningHours::default();
        // 2026-11-30 is a Monday.
        assert!(usual.is_open(at("2026-11-30", 8.5)) && !usual.is_open(at("2026-11-30", 8.5) - 1));
        assert!(!usual.is_open(at("2026-11-30", 17.5)) && !usual.is_open(at("2026-11-29", 12.0)));
        assert_eq!(usual.open_ms(at("2026-11-30", 0.0), at("2026-12-07", 0.0)), 45 * HOUR_MS);
        assert_eq!(usual.next_change(at("2026-11-27", 17.5)), Some(at("2026-11-30", 8.5)));
        assert_eq!(OpeningHours::always().next_change(0), None);
        assert!(OpeningHours::always().is_open(at("2026-11-29", 3.0)));
    }

    #[test]
    fn a_date_has_hours_of_its_own() {
        let json = r#"{"weekly":[["13:30-17:30","8:30-12:00"],[],[],[],[],[],[]],
            "dates":{"2026-11-30":[],"2026-12-05":["09:00-10:00"]}}"#;
        let hours: OpeningHours = serde_json::from_str(json).unwrap();
        assert_eq!(hours.next_change(at("2026-11-28", 0.0)), Some(at("2026-12-05", 9.0)));
        assert_eq!(hours.open_ms(at("2026-11-30", 9.0), at("2026-12-08", 0.0)), 17 * HOUR_MS / 2);
        let written = r#"{"weekly":[["08:30-12:00","13:30-17:30"],[],[],[],[],[],[]],"dates":{"2026-11-30":[],"2026-12-05":["09:00-10:00"]}}"#;
        assert_eq!(serde_json::to_string(&hours).unwrap(), written);
    }

    #[test]
    fn what_is_no_span_or_date_is_refused_in_words() {
        for wrong in ["12:00-08:00", "8-9", "08:30", "08:60-09:00", "23:00-25:00", "+8:30-09:00", ""] {
            assert!(wrong.parse::<OpenSpan>().is_err(), "{wrong}");
        }
        let wrong = r#"{"weekly":[[],[],[],[],[],[],[]],"dates":{"2026-02-30":[]}}"#;
        assert!(serde_json::from_str::<OpeningHours>(wrong).unwrap_err().to_string().contains("2026-02-30"));
    }

    fn spans() -> impl Strategy<Value = Vec<OpenSpan>> {
        let span =
            (0..1_440_u16, 1..600_u16).prop_map(|(from, length)| OpenSpan::new(from, (from + length).min(1_440)));
        proptest::collection::vec(span.prop_map(Option::unwrap), 0..4)
    }

    prop_compose! {
        fn hours()(
            weekly in proptest::array::uniform7(spans()),
            dates in proptest::collection::btree_map((-20_i64..40).prop_map(|day| LocalDay::new(day).unwrap()), spans(), 0..6),
        ) -> OpeningHours {
            OpeningHours::new(weekly, dates).unwrap()
        }
    }

    proptest! {
        #[test]
        fn the_sum_and_the_changes_agree_with_every_minute(hours in hours(), from in -20_000_i64..20_000, length in 0_i64..15_000) {
            let (from_ms, to_ms) = (from * MINUTE_MS, (from + length) * MINUTE_MS);
            let minutes = (from..from + length).filter(|minute| hours.is_open(minute * MINUTE_MS)).count() as i64;
            prop_assert_eq!(hours.open_ms(from_ms, to_ms), minutes * MINUTE_MS);
            let open = hours.is_open(from_ms);
            let next = (from + 1..from + 90_000).find(|minute| hours.is_open(minute * MINUTE_MS) != open);
            prop_assert_eq!(hours.next_change(from_ms), next.map(|minute| minute * MINUTE_MS));
        }

        #[test]
        fn no_time_is_too_far_and_what_is_written_is_read_again(hours in hours(), from in any::<i64>(), to in any::<i64>()) {
            let open = hours.open_ms(from, to);
            prop_assert!(open >= 0 && open <= to.saturating_sub(from).max(0));
            let _ = (hours.is_open(from), hours.next_change(from));
            let text = serde_json::to_string(&hours).unwrap();
            prop_assert_eq!(serde_json::from_str::<OpeningHours>(&text).unwrap(), hours);
        }

        #[test]
        fn no_text_is_more_than_refused(text in ".{0,20}") {
            let _ = text.parse::<OpenSpan>();
        }
    }
}
