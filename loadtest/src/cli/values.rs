//! Values on the command line.

use crate::simulator::Dialect;
use std::time::Duration;

/// Seconds above 0, up to a day.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("seconds, above 0 and up to 86400".into()),
    }
}

/// A share from 0 to 1.
pub(super) fn share(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1".into()),
    }
}

/// A dialect and how many parts of the whole it has, such as `dayi=9`.
pub(super) fn part(text: &str) -> Result<(Dialect, usize), String> {
    let (name, parts) = text.split_once('=').unwrap_or((text, "1"));
    let dialect = Dialect::ALL.into_iter().find(|dialect| dialect.name() == name);
    let known = || Dialect::ALL.map(Dialect::name).join(", ");
    match (dialect, parts.parse()) {
        (Some(dialect), Ok(parts @ 1..=100)) => Ok((dialect, parts)),
        (Some(_), _) => Err("a dialect's part is 1 to 100".into()),
        (None, _) => Err(format!("a dialect is one of {}", known())),
    }
}

/// The dialects in turn, so that every stretch of connections has the mix.
pub(super) fn mixed(parts: &[(Dialect, usize)]) -> Vec<Dialect> {
    parts.iter().flat_map(|(dialect, parts)| std::iter::repeat_n(*dialect, *parts)).collect()
}

/// A server's setting, `KEY=VALUE`.
pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.starts_with("DAYI__") => Ok((key.into(), value.into())),
        _ => Err("an environment variable of dayi, such as DAYI__RUNTIME__ARBITERS=2".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_said_in_parts() {
        let parts: Vec<_> = ["dayi=3", "tasmota"].map(|text| part(text).unwrap()).to_vec();
        assert_eq!(mixed(&parts), [Dialect::Dayi, Dialect::Dayi, Dialect::Dayi, Dialect::Tasmota]);
        assert!(part("x").unwrap_err().contains("tasmota"));
        assert!(part("dayi=0").is_err() && seconds("0").is_err() && share("2").is_err() && setting("A=1").is_err());
    }
}
