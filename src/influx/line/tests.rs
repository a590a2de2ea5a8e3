use super::*;
use crate::domain::{Cause, InstrumentState};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Pairs = BTreeMap<String, String>;

/// A parser of the line protocol, written from its reference and knowing nothing of the writer: measurement, tags, fields,
/// time.
fn parse(line: &str) -> Option<(String, Pairs, Pairs, i64)> {
    let [head, fields, time] = split(line, ' ').try_into().ok()?;
    let mut tags = split(&head, ',').into_iter();
    let measurement = plain(&tags.next()?);
    Some((measurement, pairs(tags)?, pairs(split(&fields, ',').into_iter())?, time.parse().ok()?))
}

/// Splits where `at` stands without a backslash before it.
fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for c in text.chars() {
        match parts.last_mut() {
            Some(part) if c != at || escaped => part.push(c),
            _ => parts.push(String::new()),
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

fn pairs(parts: impl Iterator<Item = String>) -> Option<Pairs> {
    parts
        .map(|part| {
            let [key, value] = split(&part, '=').try_into().ok()?;
            (!key.is_empty() && !value.is_empty()).then(|| (plain(&key), plain(&value)))
        })
        .collect()
}

fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ (',' | '=' | ' '))) => {
                plain.push(next);
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    plain
}

fn transition(at_ms: i64, confidence: f32, seq: u64) -> Transition {
    Transition {
        instrument: "zju-sem-01".parse().unwrap(),
        seq,
        from: InstrumentState::Standby,
        to: InstrumentState::On,
        at_ms,
        decided_ms: at_ms + 5_000,
        confidence,
        cause: Cause::Deadline,
        model: "threshold-v1".into(),
        position: 77,
    }
}

fn tags(institution: &str, city: &str, class: &str) -> Tags {
    Tags { institution: institution.into(), city: city.into(), class: class.into() }
}

#[test]
fn the_wire_format_keeps_its_meaning() {
    let mut lines = Lines::default();
    lines.push_state(&transition(1_700_000_000_123, 0.97, 12), &tags("zju", "杭州市", "040102"));
    lines.push_state(&transition(1_700_000_000_124, f32::NAN, 13), &tags("a,b=c d\\", "San\nJosé ", ""));
    let readings = [(1_700_000_000_000, 1.25), (1_700_000_001_000, f32::NAN), (1_700_000_002_000, 0.0)];
    lines.push_readings(&"zju-sem-01".parse().unwrap(), &tags("zju", "杭州市", "040102"), readings);
    lines.push_readings(&"gone".parse().unwrap(), &Tags::default(), [(-5, 1e-7), (0, 10_000.0)]);
    insta::assert_snapshot!(lines.part(&(0..lines.len())));
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines.part(&(4..6)),
        "instrument_reading,instrument=gone current=0.0000001 -5\ninstrument_reading,instrument=gone current=10000 0\n"
    );
}

/// What is kept of a tag's value.
fn kept(value: &str) -> String {
    value
        .trim()
        .chars()
        .map(|c| {
            if c == '\\' {
                '/'
            } else if c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn another_parser_finds_what_was_written(
        institution in any::<String>(),
        city in "[ ,=\\\\\n\t杭a\"]{0,8}",
        class in any::<String>(),
        confidence in any::<f32>(),
        current_a in any::<f32>(),
        seq in 0..u64::MAX / 2,
        at_ms in any::<i64>(),
    ) {
        let given = tags(&institution, &city, &class);
        let mut lines = Lines::default();
        lines.push_state(&transition(at_ms, confidence, seq), &given);
        lines.push_readings(&"zju-sem-01".parse().unwrap(), &given, [(at_ms, current_a)]);

        let (measurement, tags, fields, time) = parse(lines.part(&(0..1)).strip_suffix('\n').unwrap()).unwrap();
        prop_assert_eq!((measurement.as_str(), time), (STATE.name, at_ms));
        let mut expected = Pairs::from([("instrument".into(), "zju-sem-01".into())]);
        for (tag, value) in [("institution", &institution), ("city", &city), ("class", &class)] {
            if !value.trim().is_empty() {
                expected.insert(tag.into(), kept(value));
            }
        }
        prop_assert_eq!(&tags, &expected);
        prop_assert!(fields.keys().all(|field| STATE.fields.contains(&field.as_str())));
        prop_assert_eq!(&fields["state"], "4i");
        prop_assert_eq!(&fields["seq"], &format!("{seq}i"));
        let back: f32 = fields["confidence"].parse().unwrap();
        prop_assert_eq!(back, if confidence.is_finite() { confidence } else { 0.0 });

        prop_assert_eq!(lines.len(), if current_a.is_finite() { 2 } else { 1 });
        if current_a.is_finite() {
            let (measurement, tags, fields, time) = parse(lines.part(&(1..2)).strip_suffix('\n').unwrap()).unwrap();
            prop_assert_eq!((measurement.as_str(), time), (READING.name, at_ms));
            prop_assert!(tags.keys().all(|tag| READING.tags.contains(&tag.as_str())));
            prop_assert_eq!(fields["current"].parse::<f32>().unwrap(), current_a);
        }
        prop_assert_eq!(lines.part(&(0..lines.len())).matches('\n').count(), lines.len());
    }
}
