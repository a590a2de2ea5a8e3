//! The text of a trace: lines of `ts,current_a[,state]`, parsed by hand because an evaluation reads
//! tens of millions of them. No quoting: neither numbers nor states need it.

use super::error::ParseError;
use crate::sample::{Level, Sample};

/// Which field of a line holds what.
struct Columns {
    ts: usize,
    current: usize,
    state: Option<usize>,
}

/// Parses a whole trace; the order of the columns is taken from the header, other columns are
/// skipped, and so are empty lines. A current may be `NaN`: the models ignore such readings.
///
/// # Errors
/// [`ParseError`] with the first line that is wrong.
pub fn parse(text: &[u8]) -> Result<(Vec<Sample>, Vec<Option<Level>>), ParseError> {
    let mut lines = text.split(|&b| b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let columns = header(lines.next().unwrap_or_default())?;
    let rows = text.len() / 20;
    let (mut samples, mut labels) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for (i, line) in lines.enumerate() {
        if line.is_empty() {
            continue;
        }
        let (sample, label) = row(line, i + 2, &columns)?;
        samples.push(sample);
        labels.push(label);
    }
    Ok((samples, labels))
}

fn header(line: &[u8]) -> Result<Columns, ParseError> {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_start_matches('\u{feff}');
    let at = |name: &str| text.split(',').position(|c| c.trim() == name);
    match (at("ts"), at("current_a")) {
        (Some(ts), Some(current)) => Ok(Columns { ts, current, state: at("state") }),
        _ => Err(ParseError::Header(text.chars().take(80).collect())),
    }
}

fn row(line: &[u8], number: usize, columns: &Columns) -> Result<(Sample, Option<Level>), ParseError> {
    let (mut ts, mut current, mut state) = (None, None, None);
    for (i, field) in line.split(|&b| b == b',').enumerate() {
        if i == columns.ts {
            ts = Some(field);
        } else if i == columns.current {
            current = Some(field);
        } else if Some(i) == columns.state {
            state = Some(field);
        }
    }
    let missing = |column| ParseError::Missing { line: number, column };
    let wrong = |column, value: &[u8], expected| ParseError::Field {
        line: number,
        column,
        value: String::from_utf8_lossy(value).chars().take(40).collect(),
        expected,
    };
    let ts = ts.ok_or_else(|| missing("ts"))?;
    let current = current.ok_or_else(|| missing("current_a"))?;
    let ts_ms = integer(ts).ok_or_else(|| wrong("ts", ts, "a time in whole milliseconds"))?;
    let current_a = decimal(current).ok_or_else(|| wrong("current_a", current, "a number"))?;
    let label = match state.unwrap_or_default() {
        b"" => None,
        b"off" => Some(Level::Off),
        b"standby" => Some(Level::Standby),
        b"on" => Some(Level::On),
        other => return Err(wrong("state", other, "off, standby, on or empty")),
    };
    Ok((Sample { ts_ms, current_a }, label))
}

/// Up to 18 digits, which an `i64` always holds.
fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

fn integer(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(rest) => digits(rest).map(|n| -n),
        None => digits(text),
    }
}

/// `12.345` the short way, anything else (exponents, many digits, NaN) by the standard library.
fn decimal(text: &[u8]) -> Option<f32> {
    const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let (whole, fraction) = match text.iter().position(|&b| b == b'.') {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &text[text.len()..]),
    };
    if (1..=6).contains(&whole.len()) && fraction.len() <= 9 {
        let joined = whole
            .iter()
            .chain(fraction)
            .try_fold(0_u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')));
        if let Some(n) = joined {
            // At most 15 digits: exact in f64, so the result is the nearest f64, then rounded once.
            return Some((n as f64 / POWERS[fraction.len()]) as f32);
        }
    }
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_in_any_order_and_no_state() {
        let (samples, labels) = parse(b"x,current_a,ts\r\n7,1.25,1000\r\n7,-0.01,-5\r\n\r\n").unwrap();
        assert_eq!(samples, [Sample { ts_ms: 1000, current_a: 1.25 }, Sample { ts_ms: -5, current_a: -0.01 }]);
        assert_eq!(labels, [None, None]);
    }

    #[test]
    fn nan_is_read_and_left_to_the_models() {
        let (samples, _) = parse(b"ts,current_a\n1,NaN\n2,1e-3\n").unwrap();
        assert!(samples[0].current_a.is_nan());
        assert_eq!(samples[1].current_a, 1e-3);
    }

    #[test]
    fn wrong_lines_are_named() {
        let field =
            |line, column, value: &str, expected| ParseError::Field { line, column, value: value.into(), expected };
        assert_eq!(parse(b"").unwrap_err(), ParseError::Header(String::new()));
        assert_eq!(parse(b"time,a\n").unwrap_err(), ParseError::Header("time,a".into()));
        assert_eq!(parse(b"ts,current_a\n1\n").unwrap_err(), ParseError::Missing { line: 2, column: "current_a" });
        assert_eq!(parse(b"ts,current_a\n1.5,1\n").unwrap_err(), field(2, "ts", "1.5", "a time in whole milliseconds"));
        assert_eq!(
            parse(b"ts,current_a,state\n1,1,on\n\n2,1,ON\n").unwrap_err(),
            field(4, "state", "ON", "off, standby, on or empty")
        );
    }

    proptest! {
        #[test]
        fn decimals_agree_with_the_standard_library(v in -1e7_f32..1e7, places in 0_usize..9) {
            let text = format!("{v:.places$}");
            prop_assert_eq!(decimal(text.as_bytes()), text.parse::<f32>().ok());
        }

        #[test]
        fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let mut with_header = b"ts,current_a,state\n".to_vec();
            with_header.extend(bytes);
            let _ = parse(&with_header);
        }
    }
}
