//! How time on standby is divided and what it costs: pure.

use super::model::{Idle, Span, Supply};
use crate::domain::OpeningHours;

const DAY_MS: i64 = 24 * 3_600_000;
/// Ampere times milliseconds times volts, in a kilowatt hour.
const A_MS_V_PER_KWH: f64 = 3.6e9;

/// The current over a part of a span: the mean, from when on, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) from_ms: i64,
    pub(super) ms: i64,
    pub(super) mean_a: f64,
}

/// A span day by day: local days since 1970.
pub(super) fn by_day(span: &Span, measured: &[Measured], hours: &OpeningHours, zone_ms: i64) -> Vec<(i64, Idle)> {
    let day_of = |at_ms: i64| at_ms.saturating_add(zone_ms).div_euclid(DAY_MS);
    let days = day_of(span.start_ms)..=day_of(span.end_ms.saturating_sub(1));
    let parts = days.map(|day| {
        let begins_ms = day.saturating_mul(DAY_MS).saturating_sub(zone_ms);
        let (from_ms, to_ms) = (span.start_ms.max(begins_ms), span.end_ms.min(begins_ms.saturating_add(DAY_MS)));
        let mut idle = lasting((from_ms, to_ms), hours, zone_ms);
        for part in measured {
            let ms = (part.from_ms + part.ms).min(to_ms) - part.from_ms.max(from_ms);
            if ms > 0 {
                idle.measured_ms += ms;
                idle.ampere_ms += part.mean_a * ms as f64;
            }
        }
        (day, idle)
    });
    parts.filter(|(_, idle)| idle.standby_ms > 0).collect()
}

/// A span of which nothing was measured.
pub(super) fn lasting((from_ms, to_ms): (i64, i64), hours: &OpeningHours, zone_ms: i64) -> Idle {
    let standby_ms = to_ms.saturating_sub(from_ms).max(0);
    let open_ms = hours.open_ms(from_ms.saturating_add(zone_ms), to_ms.saturating_add(zone_ms));
    Idle { standby_ms, open_ms, ..Idle::default() }
}

/// What standby cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Energy {
    pub(super) kwh: f64,
    /// 0 to 1: the share of the time for which the current was not measured, and taken to be as at other times.
    pub(super) estimated: f64,
}

/// Energy = ∫ current × volts × power factor. Time without readings counts with the mean of what was measured over the same span,
/// or else with `present_a`, the current on standby now; `None` where neither is known.
pub(super) fn energy(idle: &Idle, present_a: Option<f32>, supply: Supply) -> Option<Energy> {
    if idle.standby_ms <= 0 {
        return Some(Energy { kwh: 0.0, estimated: 0.0 });
    }
    let missing_ms = (idle.standby_ms - idle.measured_ms).max(0);
    let usual_a =
        if idle.measured_ms > 0 { Some(idle.ampere_ms / idle.measured_ms as f64) } else { present_a.map(f64::from) };
    let estimated_ampere_ms = if missing_ms == 0 { 0.0 } else { usual_a? * missing_ms as f64 };
    let kwh = (idle.ampere_ms + estimated_ampere_ms) * supply.volts * supply.power_factor / A_MS_V_PER_KWH;
    Some(Energy { kwh, estimated: missing_ms as f64 / idle.standby_ms as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;
    const ZONE: i64 = 8 * HOUR;
    /// Monday 2026-11-30, 00:00 in China.
    const MONDAY: i64 = 1_795_968_000_000;
    const SUPPLY: Supply = Supply { volts: 230.0, power_factor: 0.9 };

    fn span(start_ms: i64, end_ms: i64) -> Span {
        Span { instrument: "i".parse().unwrap(), start_ms, end_ms }
    }

    #[test]
    fn a_night_on_standby_is_two_days_and_mostly_outside_opening_hours() {
        let night = span(MONDAY + 17 * HOUR, MONDAY + 33 * HOUR);
        let measured = [Measured { from_ms: MONDAY + 23 * HOUR, ms: 2 * HOUR, mean_a: 2.0 }];
        let days = by_day(&night, &measured, &OpeningHours::default(), ZONE);
        let hours: Vec<_> = days
            .iter()
            .map(|(_, idle)| [idle.standby_ms, idle.open_ms, idle.measured_ms].map(|ms| ms as f64 / HOUR as f64))
            .collect();
        assert_eq!(hours, [[7.0, 0.5, 1.0], [9.0, 0.5, 1.0]]);
        assert_eq!(days[1].0 - days[0].0, 1);
    }

    #[test]
    fn energy_is_current_times_voltage_times_power_factor_over_time() {
        let idle =
            Idle { standby_ms: 10 * HOUR, open_ms: 0, measured_ms: 10 * HOUR, ampere_ms: 2.0 * (10 * HOUR) as f64 };
        let all_measured = energy(&idle, None, SUPPLY).unwrap();
        assert!((all_measured.kwh - 2.0 * 230.0 * 0.9 * 10.0 / 1_000.0).abs() < 1e-9);
        assert!(all_measured.estimated.abs() < 1e-12);
        // Half of it measured: the other half is taken to be the same.
        let half = Idle { measured_ms: 5 * HOUR, ampere_ms: 2.0 * (5 * HOUR) as f64, ..idle };
        let energy_of_half = energy(&half, Some(9.0), SUPPLY).unwrap();
        assert!((energy_of_half.kwh - all_measured.kwh).abs() < 1e-9 && (energy_of_half.estimated - 0.5).abs() < 1e-12);
        let none = Idle { measured_ms: 0, ampere_ms: 0.0, ..idle };
        assert!((energy(&none, Some(1.0), SUPPLY).unwrap().kwh - all_measured.kwh / 2.0).abs() < 1e-6);
        assert_eq!(energy(&none, None, SUPPLY), None);
        assert_eq!(energy(&Idle::default(), None, SUPPLY), Some(Energy { kwh: 0.0, estimated: 0.0 }));
    }

    proptest! {
        #[test]
        fn days_sum_up_to_the_span(start in 0..30 * 24 * HOUR, length in 1..10 * 24 * HOUR, at in 0..10 * 24 * HOUR) {
            let whole = span(MONDAY + start, MONDAY + start + length);
            let measured = Measured { from_ms: whole.start_ms + at % length, ms: length - at % length, mean_a: 1.0 };
            let hours = OpeningHours::default();
            let mut sum = Idle::default();
            by_day(&whole, &[measured], &hours, ZONE).into_iter().for_each(|(_, idle)| sum += idle);
            let at_once = lasting((whole.start_ms, whole.end_ms), &hours, ZONE);
            prop_assert_eq!((sum.standby_ms, sum.open_ms), (length, at_once.open_ms));
            prop_assert_eq!(sum.measured_ms, measured.ms);
            prop_assert!(sum.open_ms <= sum.standby_ms);
        }
    }
}
