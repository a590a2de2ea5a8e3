//! An actor that starts again, after a crash of the server or its own panic, says what it would have said.

use super::*;
use crate::domain::{InstrumentState, ManualClock};
use crate::instrument::snapshots::Snapshots;
use crate::journal::{Hold, Journal};
use crate::platform::config::JournalConfig;
use std::cell::Cell;

const START: i64 = 1_700_000_000_000;
/// Ampere that no instrument draws: over the first an actor panics once, over the second always.
const BAD_LUCK: f32 = 6_665.0;
const POISON: f32 = 6_666.0;

thread_local! {
    static UNLUCKY: Cell<bool> = const { Cell::new(true) };
}

/// Stands for a fault in the actor's work.
pub(super) fn trip(reading: &Reading) {
    if reading.current_a == POISON || (reading.current_a == BAD_LUCK && UNLUCKY.replace(false)) {
        panic!("a fault in the work over {} A", reading.current_a);
    }
}

fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(test);
}

/// A day of an instrument, a reading every ten seconds: (position, reading).
fn day() -> Vec<(Position, Reading)> {
    let current = |n: i64| match n / 90 % 7 {
        0 | 3 => 0.0,
        1 | 5 => 0.8 + (n % 3) as f64 / 100.0,
        _ => 6.0 + (n % 5) as f64 / 10.0,
    };
    (1..8_640)
        .map(|n| {
            let ts_ms = START + n * 10_000;
            (n.cast_unsigned() * 21, Reading::new(current(n), Some(ts_ms), ts_ms).unwrap())
        })
        .collect()
}

fn items(readings: &[(Position, Reading)]) -> Vec<Item> {
    readings.iter().map(|&(at, reading)| Item::Reading(at, reading)).collect()
}

struct Bench {
    actor: Addr<InstrumentActor>,
    recorded: mpsc::Receiver<Record>,
}

impl Bench {
    fn new(current: (CurrentState, Position), snapshot: Option<Vec<u8>>, recollection: Option<Recollection>) -> Self {
        let (records, recorded) = mpsc::channel(100_000);
        let clock = Arc::new(ManualClock::at(START));
        let mut shared = Shared::new(clock, records, StatesConfig::default(), 86_400_000);
        if let Some(recollection) = recollection {
            shared = shared.recollecting(recollection);
        }
        let status = Arc::new(Status::new(current.0.clone()));
        let classifier = InstrumentClassifier::new(Some(10.0), None, Vec::new(), None);
        let id = "i1".parse().unwrap();
        let mut actor = InstrumentActor::new(id, Arc::new(shared), status, current, classifier);
        if let Some(snapshot) = snapshot {
            actor.go_back_to(Some(Snapshot::unpack(&snapshot).unwrap()));
        }
        Self { actor: actor.start(), recorded }
    }

    async fn deliver(&self, items: Vec<Item>, restored: bool) {
        self.actor.send(Deliver { items, restored }).await.unwrap();
    }

    async fn transitions(&mut self) -> Vec<Transition> {
        // Behind everything that waits.
        self.actor.send(Recent).await.unwrap();
        let mut transitions = Vec::new();
        while let Ok(record) = self.recorded.try_recv() {
            if let Record::Transition(transition) = record {
                transitions.push(Transition::clone(&transition));
            }
        }
        transitions
    }
}

#[test]
fn whenever_the_server_dies_the_same_transitions_come_out_once() {
    run(async {
        let day = day();
        let mut whole = Bench::new((CurrentState::unknown(), 0), None, None);
        whole.deliver(items(&day), false).await;
        let expected = whole.transitions().await;
        assert!(expected.len() > 50, "{}", expected.len());

        for round in 0..40 {
            // A snapshot somewhere, the end somewhere later, and of what was decided between them a part on the disk.
            let snapshot_at = (round * 211) % 8_000;
            let died_at = snapshot_at + (round * 97) % 600;
            let mut before = Bench::new((CurrentState::unknown(), 0), None, None);
            before.deliver(items(&day[..snapshot_at]), false).await;
            let mut kept = before.transitions().await;
            let snapshot = before.actor.send(TakeSnapshot { all: false }).await.unwrap();
            before.deliver(items(&day[snapshot_at..died_at]), false).await;
            let decided = before.transitions().await;
            kept.extend(decided.iter().take(round % (decided.len() + 1)).cloned());

            let last = kept.last();
            let current = last.map_or((CurrentState::unknown(), 0), |last| (last.into(), last.position));
            let mut after = Bench::new(current, snapshot, None);
            // The journal begins before the snapshot.
            after.deliver(items(&day[snapshot_at.saturating_sub(50)..died_at]), true).await;
            after.deliver(items(&day[died_at..]), false).await;
            kept.extend(after.transitions().await);
            assert_eq!(kept, expected, "round {round}");
        }
    });
}

#[test]
fn what_happened_before_the_start_is_no_sign_of_life_and_shortens_no_grace() {
    run(async {
        tokio::time::pause();
        let day = day();
        let current = CurrentState { state: InstrumentState::On, seq: 1, since_ms: START, ..CurrentState::unknown() };
        let mut bench = Bench::new((current, Position::MAX), None, None);
        bench.deliver(items(&day[..10]), true).await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(bench.transitions().await, []);
        tokio::time::sleep(Duration::from_secs(21)).await;
        assert_eq!(bench.transitions().await[0].to, InstrumentState::Offline);
    });
}

/// A journal with the day in it, and what an actor of it may go back to.
struct Kept {
    _folder: tempfile::TempDir,
    journal: Journal,
    snapshots: Snapshots,
    day: Vec<(Position, Reading)>,
}

impl Kept {
    /// The day with other currents at some places.
    async fn new(changes: &[(usize, f32)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = JournalConfig { min_free_mb: 0, ..JournalConfig::default() };
        let journal = Journal::open(folder.path(), config, 0).unwrap();
        let snapshots = Snapshots::open(folder.path()).unwrap();
        let mut readings: Vec<Reading> = day().into_iter().map(|(_, reading)| reading).collect();
        for &(at, current_a) in changes {
            readings[at].current_a = current_a;
        }
        let other = "other".parse().unwrap();
        for part in readings.chunks(100) {
            journal.appender().readings(&"i1".parse().unwrap(), part).await.unwrap();
            journal.appender().readings(&other, part).await.unwrap();
        }
        let mut reader = journal.reader("test", Hold::Required, 0);
        let mut day = Vec::new();
        while let Some(batch) = reader.next_before(Position::MAX) {
            for entry in batch.entries {
                if let crate::journal::Entry::Readings { instrument, readings } = entry
                    && instrument != other
                {
                    day.extend(readings);
                }
            }
        }
        Self { _folder: folder, journal, snapshots, day }
    }

    fn bench(&self) -> Bench {
        let recollection = Recollection { snapshots: self.snapshots.clone(), journal: Box::new(self.journal.again()) };
        Bench::new((CurrentState::unknown(), 0), None, Some(recollection))
    }

    /// What comes out when the day is delivered, with a snapshot after 4,000 readings.
    async fn transitions(&self) -> Vec<Transition> {
        let mut bench = self.bench();
        for (n, part) in self.day.chunks(1_000).enumerate() {
            bench.deliver(items(part), false).await;
            if n == 3
                && let Some(snapshot) = bench.actor.send(TakeSnapshot { all: false }).await.unwrap()
            {
                self.snapshots.put(&[("i1".parse().unwrap(), snapshot)]).unwrap();
            }
        }
        bench.transitions().await
    }
}

fn said(transitions: &[Transition]) -> Vec<(u64, InstrumentState, i64)> {
    transitions.iter().map(|transition| (transition.seq, transition.to, transition.at_ms)).collect()
}

#[test]
fn an_actor_that_panics_once_goes_on_as_if_nothing_had_happened() {
    run(async {
        for at in [700, 4_300] {
            UNLUCKY.set(true);
            let unlucky = Kept::new(&[(at, BAD_LUCK)]).await.transitions().await;
            let undisturbed = Kept::new(&[(at, BAD_LUCK)]).await.transitions().await;
            assert!(!UNLUCKY.get());
            assert_eq!(said(&unlucky), said(&undisturbed), "{at}");
        }
    });
}

#[test]
fn readings_that_always_panic_are_set_aside_and_the_rest_is_worked_through() {
    run(async {
        let clean = Kept::new(&[]).await.transitions().await;
        let poisoned = Kept::new(&[(700, POISON), (4_350, POISON), (4_351, POISON)]).await.transitions().await;
        assert_eq!(said(&poisoned), said(&clean), "three readings in steady stretches change nothing");
        let many: Vec<(usize, f32)> = (4_100..4_130).map(|at| (at, POISON)).collect();
        let hopeless = Kept::new(&many).await.transitions().await;
        assert!(hopeless.len() > clean.len() / 2, "it goes on with a fresh classifier");
        assert!(hopeless.windows(2).all(|pair| pair[1].seq == pair[0].seq + 1));
    });
}
