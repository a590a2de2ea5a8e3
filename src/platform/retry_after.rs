//! How long a server wants us to wait.

use std::time::Duration;

/// What the `Retry-After` header says (RFC 9110): seconds, or a date.
#[must_use]
pub fn retry_after(value: &str, now_ms: i64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(Duration::from_millis(u64::try_from(date.as_millisecond() - now_ms).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_is_in_seconds_or_a_date() {
        let sunday_ms = 784_111_777_000;
        assert_eq!(retry_after(" 12 ", 0), Some(Duration::from_secs(12)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(date, sunday_ms - 1_500), Some(Duration::from_millis(1_500)));
        assert_eq!(retry_after(date, sunday_ms + 1), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", 0), None);
        assert_eq!(retry_after("-5", 0), None);
    }
}
