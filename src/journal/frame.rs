//! The bytes of the journal.
//!
//! A frame: length of the payload (u32), CRC-32 of the payload (u32), payload; all numbers little endian. A payload: kind,
//! length of the instrument's id, the id, then 21 bytes a reading, or the time of a last will.

use crate::domain::{InstrumentId, Reading, TimeSource};

/// A place in the journal: bytes since its beginning, over all segments.
pub type Position = u64;

/// Length and checksum.
const HEADER: usize = 8;
/// Readings in one frame at most; more are put into several.
const MOST_READINGS: usize = 8_192;
/// The longest payload there can be.
const LONGEST: usize = 2 + InstrumentId::MAX_LEN + MOST_READINGS * READING;
/// Bytes of a reading: time, time of receipt, current, flags.
const READING: usize = 21;

const READINGS: u8 = 1;
const LAST_WILL: u8 = 2;

const DEVICE_TIME: u8 = 1;
const DERIVED: u8 = 2;
const DISBELIEVED_TIME: u8 = 4;

/// What happened to one instrument.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Its sensor measured, in the order of arrival; each with the position that names it.
    Readings {
        /// Whose.
        instrument: InstrumentId,
        /// What.
        readings: Vec<(Position, Reading)>,
    },
    /// Its sensor's last will was published.
    LastWill {
        /// Whose.
        instrument: InstrumentId,
        /// Where it stands.
        at: Position,
        /// When, UTC milliseconds.
        received_ms: i64,
    },
}

/// Adds frames with these readings.
pub(super) fn put_readings(out: &mut Vec<u8>, instrument: &InstrumentId, readings: &[Reading]) {
    for part in readings.chunks(MOST_READINGS) {
        put(out, READINGS, instrument, |out| {
            for reading in part {
                let time = match reading.time_source {
                    TimeSource::Device => DEVICE_TIME,
                    TimeSource::Receipt => 0,
                    TimeSource::Disbelieved => DISBELIEVED_TIME,
                };
                let derived = if reading.derived { DERIVED } else { 0 };
                out.extend_from_slice(&reading.ts_ms.to_le_bytes());
                out.extend_from_slice(&reading.received_ms.to_le_bytes());
                out.extend_from_slice(&reading.current_a.to_le_bytes());
                out.push(time | derived);
            }
        });
    }
}

/// Adds a frame with a last will.
pub(super) fn put_last_will(out: &mut Vec<u8>, instrument: &InstrumentId, received_ms: i64) {
    put(out, LAST_WILL, instrument, |out| out.extend_from_slice(&received_ms.to_le_bytes()));
}

fn put(out: &mut Vec<u8>, kind: u8, instrument: &InstrumentId, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend_from_slice(&[0; HEADER]);
    let id = instrument.as_str().as_bytes();
    #[expect(clippy::cast_possible_truncation, reason = "an id has at most 64 characters")]
    out.extend_from_slice(&[kind, id.len() as u8]);
    out.extend_from_slice(id);
    body(out);
    let payload = begin + HEADER;
    #[expect(clippy::cast_possible_truncation, reason = "at most LONGEST")]
    let length = (out.len() - payload) as u32;
    let checksum = crc32fast::hash(&out[payload..]);
    out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
    out[begin + 4..payload].copy_from_slice(&checksum.to_le_bytes());
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Next<'a> {
    /// A whole frame of this many bytes, with this payload.
    Frame(usize, &'a [u8]),
    /// The beginning of a frame of this many bytes in all.
    Part(usize),
    /// No frame.
    Damaged,
}

/// Looks at the beginning of `bytes`.
pub(super) fn next(bytes: &[u8]) -> Next<'_> {
    let (Some(length), Some(checksum)) = (u32_at(bytes, 0), u32_at(bytes, 4)) else { return Next::Part(HEADER) };
    let length = length as usize;
    if length == 0 || length > LONGEST {
        return Next::Damaged;
    }
    let whole = HEADER + length;
    let Some(payload) = bytes.get(HEADER..whole) else { return Next::Part(whole) };
    if crc32fast::hash(payload) == checksum { Next::Frame(whole, payload) } else { Next::Damaged }
}

/// What the payload of a frame that begins at `begin` says; `None` if it is nothing this program wrote.
pub(super) fn entry(begin: Position, payload: &[u8]) -> Option<Entry> {
    let (&[kind, length], rest) = payload.split_first_chunk::<2>()?;
    let (id, body) = rest.split_at_checked(length.into())?;
    let instrument: InstrumentId = str::from_utf8(id).ok()?.parse().ok()?;
    let body_begins = begin + (HEADER + 2 + id.len()) as u64;
    match kind {
        READINGS => {
            let (readings, []) = body.as_chunks::<READING>() else { return None };
            let place = |n: usize| body_begins + ((n + 1) * READING) as u64;
            let readings = readings.iter().enumerate().map(|(n, bytes)| Some((place(n), reading(bytes)?)));
            Some(Entry::Readings { instrument, readings: readings.collect::<Option<_>>()? })
        }
        LAST_WILL => {
            let received_ms = i64::from_le_bytes(*body.as_array()?);
            Some(Entry::LastWill { instrument, at: body_begins + body.len() as u64, received_ms })
        }
        _ => None,
    }
}

fn reading(bytes: &[u8; READING]) -> Option<Reading> {
    let (ts_ms, rest) = bytes.split_first_chunk::<8>()?;
    let (received_ms, rest) = rest.split_first_chunk::<8>()?;
    let (current_a, flags) = rest.split_first_chunk::<4>()?;
    let &[flags] = flags.as_array()?;
    let time_source = match flags & !DERIVED {
        DEVICE_TIME => TimeSource::Device,
        0 => TimeSource::Receipt,
        DISBELIEVED_TIME => TimeSource::Disbelieved,
        _ => return None,
    };
    let current_a = f32::from_le_bytes(*current_a);
    current_a.is_finite().then(|| Reading {
        ts_ms: i64::from_le_bytes(*ts_ms),
        received_ms: i64::from_le_bytes(*received_ms),
        current_a,
        time_source,
        derived: flags & DERIVED != 0,
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.as_array().map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> InstrumentId {
        text.parse().unwrap()
    }

    fn readings(count: usize) -> Vec<Reading> {
        (0..count)
            .map(|n| Reading {
                ts_ms: n as i64 - 3,
                received_ms: i64::MAX - n as i64,
                current_a: n as f32 / 7.0,
                time_source: [TimeSource::Device, TimeSource::Receipt, TimeSource::Disbelieved][n % 3],
                derived: n % 2 == 0,
            })
            .collect()
    }

    fn entries(mut bytes: &[u8], mut at: Position) -> Vec<Entry> {
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let Next::Frame(length, payload) = next(bytes) else { panic!("{:?}", next(bytes)) };
            found.push(entry(at, payload).unwrap());
            bytes = &bytes[length..];
            at += length as u64;
        }
        found
    }

    #[test]
    fn what_was_put_comes_out_each_reading_at_a_place_of_its_own() {
        let mut bytes = Vec::new();
        let all = readings(MOST_READINGS + 5);
        put_readings(&mut bytes, &id("a.b"), &all);
        put_last_will(&mut bytes, &id("c"), 77);
        let mut places = vec![1_000];
        let mut back = Vec::new();
        for entry in entries(&bytes, 1_000) {
            match entry {
                Entry::Readings { instrument, readings } => {
                    assert_eq!(instrument, id("a.b"));
                    places.extend(readings.iter().map(|reading| reading.0));
                    back.extend(readings.into_iter().map(|reading| reading.1));
                }
                Entry::LastWill { instrument, at, received_ms } => {
                    assert_eq!((instrument, received_ms), (id("c"), 77));
                    places.push(at);
                }
            }
        }
        assert_eq!(back, all);
        assert!(places.is_sorted_by(|a, b| a < b));
        assert_eq!(*places.last().unwrap(), 1_000 + bytes.len() as u64);
    }

    #[test]
    fn a_torn_frame_is_a_part_and_a_changed_one_is_damaged() {
        let mut bytes = Vec::new();
        put_readings(&mut bytes, &id("a"), &readings(3));
        for cut in 0..bytes.len() {
            assert!(matches!(next(&bytes[..cut]), Next::Part(_)), "{cut}");
        }
        for at in HEADER..bytes.len() {
            bytes[at] ^= 0x40;
            assert_eq!(next(&bytes), Next::Damaged, "{at}");
            bytes[at] ^= 0x40;
        }
        assert_eq!(next(&[0; 64]), Next::Damaged);
        assert_eq!(next(&[0xff; 64]), Next::Damaged);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = next(&bytes);
            let _ = entry(7, &bytes);
        }
    }
}
