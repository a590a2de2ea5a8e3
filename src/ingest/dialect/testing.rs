//! A client whose sensors speak one dialect, for the tests of all of them.

use super::heard::{Heard, Moment};
use super::{DialectKind, Owner, Roster};
use crate::domain::{Reading, TimeSource};
use crate::ingest::port::Binding;
use crate::ingest::refusal::Reason;
use jiff::tz::Offset;

/// When everything is received: 2023-11-14T22:13:20Z.
pub(super) const NOW: i64 = 1_700_000_000_000;

pub(super) struct Client {
    roster: Roster,
    dialect: DialectKind,
    now_ms: i64,
    heard: Heard,
    said: Vec<Vec<u8>>,
}

/// What was heard: by the bindings' places in the order in which the test named them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// Whose, and the reading.
    pub(super) readings: Vec<(usize, Reading)>,
    pub(super) gone: Vec<usize>,
    pub(super) bad: Option<Reason>,
    pub(super) asked: Option<String>,
}

impl Told {
    /// Ampere of each reading, and whether it was computed from watts; rounded to what tests compare.
    pub(super) fn amperes(&self) -> Vec<(usize, f64, bool)> {
        let rounded = |reading: &Reading| (f64::from(reading.current_a) * 1000.0).round() / 1000.0;
        self.readings.iter().map(|(whose, reading)| (*whose, rounded(reading), reading.derived)).collect()
    }

    /// The device's time of each reading; `None` for the time of receipt.
    pub(super) fn times(&self) -> Vec<Option<i64>> {
        let time = |reading: &Reading| (reading.time_source == TimeSource::Device).then_some(reading.ts_ms);
        self.readings.iter().map(|(_, reading)| time(reading)).collect()
    }
}

impl Client {
    /// A client with these bindings: prefix and channel of each. 230 V, power factor 1.
    pub(super) fn of(dialect: DialectKind, bindings: &[(&str, &str)]) -> Self {
        let bindings: Vec<Binding> = bindings
            .iter()
            .enumerate()
            .map(|(at, (prefix, channel))| {
                let instrument = if dialect == DialectKind::Dayi { (*prefix).to_owned() } else { format!("{at}") };
                let binding = Binding::dayi(instrument.parse().unwrap());
                Binding { dialect, prefix: (*prefix).into(), channel: (*channel).into(), ..binding }
            })
            .collect();
        Self { roster: Roster::new(&bindings), dialect, now_ms: NOW, heard: Heard::default(), said: Vec::new() }
    }

    /// Everything is received at this time.
    pub(super) fn at(mut self, now_ms: i64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// What a payload on a topic of the client's sensors says.
    pub(super) fn hear(&mut self, topic: &str, payload: impl AsRef<[u8]>) -> Told {
        let Owner::Bound(target) = self.roster.owner(topic) else { panic!("{topic} is of no binding") };
        let payload = payload.as_ref();
        self.said.push([topic.as_bytes(), b"\n", payload].concat());
        let moment = Moment { received_ms: self.now_ms, zone: Offset::constant(8) };
        self.roster.hear(&target, payload, moment, &mut self.heard);
        let whose = |at: &usize| self.roster.binding(*at).unwrap().instrument.as_str().parse().unwrap_or(0);
        Told {
            readings: self.heard.readings.iter().map(|(at, reading)| (whose(at), *reading)).collect(),
            gone: self.heard.gone.iter().map(whose).collect(),
            bad: self.heard.bad.as_ref().map(|bad| bad.reason),
            asked: self.heard.ask.as_ref().map(|ask| ask.topic.clone()),
        }
    }

    /// Whose a topic is.
    pub(super) fn owner<'t>(&self, topic: &'t str) -> Owner<'t> {
        self.roster.owner(topic)
    }

    pub(super) fn command_address<'t>(&self, filter: &'t str) -> Option<&'t str> {
        self.roster.command_address(filter)
    }
}

/// Between two messages of a seed.
const NEXT: [u8; 4] = [0xff; 4];
/// A seed is an example, not a stress.
const LONGEST_SEED: usize = 1024;

/// With `DAYI_FUZZ_SEEDS` set to a folder, what the client of a test said is kept there as a seed of its fuzz target.
impl Drop for Client {
    fn drop(&mut self) {
        use sha2::{Digest, Sha256};
        let Some(folder) = std::env::var_os("DAYI_FUZZ_SEEDS") else { return };
        let seed = self.said.join(&NEXT[..]);
        if !seed.is_empty() && seed.len() <= LONGEST_SEED {
            let folder = std::path::Path::new(&folder).join(self.dialect.name());
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(&hex::encode(Sha256::digest(&seed))[..12]), seed).unwrap();
        }
    }
}
