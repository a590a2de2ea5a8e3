//! How busy a laboratory is at which time of the week.

const DAY_MS: i64 = 86_400_000;
/// Asia/Shanghai is UTC+8 the whole year since 1992.
const ZONE_MS: i64 = 8 * 3_600_000;

/// How busy a working day is at each full hour, 0 to 1: quiet nights, a dip at noon, some evening work.
const WORKING_DAY: [f32; 24] = [
    0.10, 0.07, 0.05, 0.05, 0.05, 0.06, 0.10, 0.25, 0.60, 0.95, 1.00, 0.95, 0.60, 0.75, 1.00, 1.00, 0.95, 0.75, 0.45,
    0.38, 0.34, 0.28, 0.20, 0.14,
];
/// How busy Saturdays and Sundays are, against working days.
const WEEKEND: f32 = 0.35;

/// How busy a laboratory is at this time (UTC milliseconds), 0 to 1.
pub(super) fn busy(ts_ms: i64) -> f32 {
    let local_ms = ts_ms + ZONE_MS;
    let in_day_ms = local_ms.rem_euclid(DAY_MS);
    let hour = (in_day_ms / 3_600_000) as usize;
    let part = (in_day_ms % 3_600_000) as f32 / 3_600_000.0;
    let at = |hour: usize| WORKING_DAY.get(hour % 24).copied().unwrap_or_default();
    let of_day = at(hour) + (at(hour + 1) - at(hour)) * part;
    // 1 January 1970 was a Thursday; Monday is 0.
    let weekday = (local_ms.div_euclid(DAY_MS) + 3).rem_euclid(7);
    if weekday >= 5 { of_day * WEEKEND } else { of_day }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-06-11, a Wednesday, 00:00 in Shanghai.
    const WEDNESDAY_MS: i64 = 1_749_571_200_000;

    #[test]
    fn working_hours_are_those_of_shanghai() {
        let at = |day: i64, hour: i64| busy(WEDNESDAY_MS + day * DAY_MS + hour * 3_600_000);
        assert_eq!(at(0, 10), 1.0);
        assert_eq!(at(0, 3), 0.05);
        assert_eq!(at(2, 10), 1.0, "Friday");
        assert_eq!(at(3, 10), WEEKEND, "Saturday");
        assert_eq!(at(4, 10), WEEKEND, "Sunday");
        assert_eq!(at(5, 10), 1.0, "Monday");
        assert!((busy(WEDNESDAY_MS + 8 * 3_600_000 + 1_800_000) - 0.775).abs() < 1e-4);
    }
}
