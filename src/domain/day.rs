use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A day of the calendar, wherever; as text `2026-10-01`. Years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalDay(i32);

/// That something is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no date: write 2026-10-01")]
pub struct InvalidDay;

impl LocalDay {
    /// 0001-01-01.
    pub const MIN: Self = Self(-719_162);
    /// 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// The day so many after 1970-01-01; `None` beyond the years 1 to 9999.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        let day = Self(i32::try_from(number).ok()?);
        (Self::MIN..=Self::MAX).contains(&day).then_some(day)
    }

    /// Of a year, month and day of the month; `None` if there is no such day.
    #[must_use]
    pub fn of(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        // Years that begin in March, as their last month is the one that varies; in periods of 400 years.
        let years = if month <= 2 { year - 1 } else { year };
        let (period, of_period) = (years.div_euclid(400), years.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let number = period * 146_097 + of_period * 365 + of_period / 4 - of_period / 100 + of_year - 719_468;
        // A day that the month does not have comes out as one of the next.
        Self::new(number).filter(|found| found.parts() == (year, month, day))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0 as i64
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn parts(self) -> (i64, i64, i64) {
        let days = self.number() + 719_468;
        let (period, of_period) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let of_years = (of_period - of_period / 1_460 + of_period / 36_524 - of_period / 146_096) / 365;
        let of_year = of_period - (365 * of_years + of_years / 4 - of_years / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = of_years + period * 400 + (month <= 2) as i64;
        (year, month, day)
    }
}

impl fmt::Display for LocalDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for LocalDay {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let mut parts = text.split('-').map(|part| {
            let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<i64>().ok()).flatten()
        });
        let mut next = || parts.next().flatten().ok_or(InvalidDay);
        let (year, month, day) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(InvalidDay);
        }
        Self::of(year, month, day).ok_or(InvalidDay)
    }
}

impl TryFrom<String> for LocalDay {
    type Error = InvalidDay;

    fn try_from(text: String) -> Result<Self, InvalidDay> {
        text.parse()
    }
}

impl From<LocalDay> for String {
    fn from(day: LocalDay) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!("1970-01-01".parse(), Ok(LocalDay(0)));
        assert_eq!("2026-11-30".parse::<LocalDay>().map(LocalDay::number), Ok(20_787));
        assert_eq!((LocalDay::MIN.to_string(), LocalDay::MAX.to_string()), ("0001-01-01".into(), "9999-12-31".into()));
        for wrong in
            ["2026-02-29", "2026-13-01", "2026-04-31", "2026-1-0", "0000-01-01", "2026", "2026-01-01-01", "", "١-1-1"]
        {
            assert_eq!(wrong.parse::<LocalDay>(), Err(InvalidDay), "{wrong}");
        }
        assert!("2024-02-29".parse::<LocalDay>().is_ok());
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_was_written_and_the_next_follows(number in -719_162_i64..2_932_896) {
            let day = LocalDay::new(number).unwrap();
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            let jiff = jiff::civil::Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(number));
            prop_assert_eq!(day.to_string(), jiff.to_string());
        }

        #[test]
        fn no_text_is_more_than_refused(text in ".{0,12}") {
            let _ = text.parse::<LocalDay>();
        }
    }
}
