//! What an actor knows, as bytes.

use super::calibration::CalibrationMemory;
use super::sensor::Sensor;
use super::trained::TrainedMemory;
use super::window::Window;
use crate::journal::Position;
use serde::{Deserialize, Serialize};

/// To be raised whenever the test below says that the bytes have changed their meaning: the bytes do not say what they
/// hold, so a program must not read another's.
const FORMAT: u8 = 1;
/// The least of zstd: a window of one current is mostly repetition.
const LEVEL: i32 = 1;
/// More than any snapshot takes.
const LARGEST: usize = 1 << 20;

/// Everything an actor learned from readings up to a place in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// The last reading it knows.
    pub(crate) position: Position,
    /// The time of the newest reading, UTC milliseconds.
    pub(crate) newest_ms: i64,
    /// Milliseconds between two readings, usually.
    pub(crate) usual_interval_ms: Option<u32>,
    pub(crate) sensor: Sensor,
    pub(crate) window: Window,
    pub(crate) classifier: ClassifierMemory,
}

/// What a classifier remembers of its instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClassifierMemory {
    pub(crate) calibration: CalibrationMemory,
    pub(crate) trained: Option<TrainedMemory>,
    pub(crate) changed: bool,
    pub(crate) from_ms: i64,
}

impl Snapshot {
    /// As bytes; `None` when it cannot be written, which nothing it holds can cause.
    pub(crate) fn pack(&self) -> Option<Vec<u8>> {
        let plain = postcard::to_stdvec(self).ok()?;
        let mut packed = zstd::bulk::compress(&plain, LEVEL).ok()?;
        packed.push(FORMAT);
        Some(packed)
    }

    /// What [`Snapshot::pack`] made; `None` when another version made it, or it is damaged.
    pub(crate) fn unpack(packed: &[u8]) -> Option<Self> {
        let (&format, packed) = packed.split_last()?;
        if format != FORMAT {
            return None;
        }
        let plain = zstd::bulk::decompress(packed, LARGEST).ok()?;
        let (snapshot, rest) = postcard::take_from_bytes(&plain).ok()?;
        rest.is_empty().then_some(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::super::classifier::InstrumentClassifier;
    use super::*;
    use crate::domain::Reading;
    use proptest::prelude::*;

    fn snapshot(readings: i64) -> Snapshot {
        let mut classifier = InstrumentClassifier::new(Some(10.0), None, Vec::new(), None);
        let mut window = Window::default();
        for second in 0..readings {
            let current_a = if second / 500 % 2 == 0 { 0.25 } else { 6.5 };
            let reading = Reading::new(current_a, Some(second * 1_000), second * 1_000).unwrap();
            classifier.learn(&reading);
            classifier.observe(&reading);
            window.push(reading.ts_ms, reading.current_a);
        }
        let (newest_ms, usual_interval_ms) = (readings * 1_000, Some(1_000));
        let sensor = Sensor::default();
        Snapshot { position: 7, newest_ms, usual_interval_ms, sensor, window, classifier: classifier.memory() }
    }

    #[test]
    fn it_comes_back_as_it_was_and_is_small() {
        let snapshot = snapshot(10_000);
        let packed = snapshot.pack().unwrap();
        assert_eq!(Snapshot::unpack(&packed), Some(snapshot));
        assert!(packed.len() < 4_000, "{}", packed.len());
    }

    #[test]
    fn its_bytes_keep_their_meaning() {
        let plain = postcard::to_stdvec(&snapshot(3)).unwrap();
        insta::assert_snapshot!(format!("format {FORMAT}: {}", hex::encode(plain)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Snapshot::unpack(&bytes);
            let mut packed = zstd::bulk::compress(&bytes, LEVEL).unwrap();
            packed.push(FORMAT);
            let _ = Snapshot::unpack(&packed);
        }
    }
}
