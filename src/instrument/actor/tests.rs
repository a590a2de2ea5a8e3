use super::*;
use crate::domain::{InstrumentState, ManualClock};

const START: i64 = 1_700_000_000_000;

struct Bench {
    actor: Addr<InstrumentActor>,
    clock: ManualClock,
    recorded: mpsc::Receiver<Record>,
    status: Arc<Status>,
    next: Position,
}

impl Bench {
    /// An instrument of 10 A whose records queue holds `room`. Time is paused: it passes only in `pass`.
    fn new(room: usize) -> Self {
        tokio::time::pause();
        let clock = ManualClock::at(START);
        let (records, recorded) = mpsc::channel(room);
        let shared = Shared::new(Arc::new(clock.clone()), records, StatesConfig::default(), 86_400_000);
        let status = Arc::new(Status::new(CurrentState::unknown()));
        let classifier = InstrumentClassifier::new(Some(10.0), None, Vec::new(), None);
        let id = "i1".parse().unwrap();
        let current = (CurrentState::unknown(), 0);
        let actor = InstrumentActor::new(id, Arc::new(shared), status.clone(), current, classifier).start();
        Self { actor, clock, recorded, status, next: 1 }
    }

    async fn pass(&self, seconds: i64) {
        self.clock.advance(seconds * 1000);
        tokio::time::sleep(Duration::from_secs(seconds.unsigned_abs())).await;
    }

    /// A reading a second for `seconds`.
    async fn draw(&mut self, current_a: f64, seconds: i64) {
        for _ in 0..seconds {
            self.pass(1).await;
            let now_ms = self.clock.now_ms();
            let reading = Reading::new(current_a, Some(now_ms), now_ms).unwrap();
            self.deliver(vec![reading]).await;
        }
    }

    async fn deliver(&mut self, readings: Vec<Reading>) {
        let items = readings.into_iter().map(|reading| {
            self.next += 1;
            Item::Reading(self.next, reading)
        });
        let items = items.collect();
        self.actor.send(Deliver { items, restored: false }).await.unwrap();
    }

    async fn last_will(&mut self) {
        self.next += 1;
        let items = vec![Item::LastWill(self.next)];
        self.actor.send(Deliver { items, restored: false }).await.unwrap();
    }

    fn states(&mut self) -> Vec<(InstrumentState, Cause, i64)> {
        let mut states = Vec::new();
        while let Ok(record) = self.recorded.try_recv() {
            if let Record::Transition(transition) = record {
                states.push((transition.to, transition.cause, (transition.at_ms - START) / 1000));
            }
        }
        states
    }
}

fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(test);
}

#[test]
fn a_silent_sensor_is_offline_after_its_deadline_and_back_with_its_next_reading() {
    run(async {
        let mut bench = Bench::new(64);
        bench.draw(6.0, 120).await;
        let before = bench.states();
        assert_eq!(before.last().unwrap().0, InstrumentState::On, "{before:?}");
        bench.pass(29).await;
        assert_eq!(bench.states(), []);
        bench.pass(2).await;
        assert_eq!(bench.states(), [(InstrumentState::Offline, Cause::Deadline, 151)]);
        bench.pass(3_600).await;
        assert_eq!(bench.states(), []);
        bench.draw(6.0, 60).await;
        let after = bench.states();
        assert_eq!(after.last().unwrap().0, InstrumentState::On, "{after:?}");
    });
}

#[test]
fn after_a_start_nobody_is_offline_before_the_grace() {
    run(async {
        let mut bench = Bench::new(64);
        bench.pass(119).await;
        assert_eq!(bench.states(), []);
        bench.pass(2).await;
        assert_eq!(bench.states(), [(InstrumentState::Offline, Cause::Deadline, 121)]);
    });
}

#[test]
fn a_last_will_counts_only_when_no_reading_follows() {
    run(async {
        let mut bench = Bench::new(64);
        bench.draw(0.0, 1).await;
        for _ in 0..200 {
            bench.pass(60).await;
            bench.draw(0.0, 1).await;
        }
        bench.states();
        bench.last_will().await;
        bench.pass(20).await;
        bench.draw(0.0, 1).await;
        bench.pass(40).await;
        assert_eq!(bench.states(), []);
        bench.last_will().await;
        bench.pass(31).await;
        let states = bench.states();
        assert_eq!((states[0].0, states[0].1), (InstrumentState::Offline, Cause::LastWill));
    });
}

#[test]
fn late_and_repeated_readings_change_nothing() {
    run(async {
        let mut bench = Bench::new(64);
        bench.draw(6.0, 120).await;
        bench.states();
        let now_ms = bench.clock.now_ms();
        let old: Vec<Reading> =
            (1..=100).map(|n| Reading::new(0.0, Some(now_ms - n * 1000), now_ms).unwrap()).collect();
        bench.deliver(old).await;
        bench.deliver(vec![Reading::new(0.0, Some(now_ms), now_ms).unwrap(); 100]).await;
        assert_eq!(bench.states(), []);
        assert_eq!(bench.status.last_reading(), Some((now_ms, 6.0)));
        assert_eq!(bench.actor.send(Recent).await.unwrap().len(), 100);
    });
}

#[test]
fn an_actor_whose_records_find_no_room_takes_no_more_readings_and_loses_nothing() {
    run(async {
        let mut bench = Bench::new(1);
        let mut batch = Vec::new();
        for second in 1..=7_200_i64 {
            let current_a = if (second / 300) % 2 == 0 { 6.0 } else { 0.0 };
            let ts_ms = START + second * 1000;
            batch.push(Reading::new(current_a, Some(ts_ms), ts_ms).unwrap());
        }
        bench.deliver(batch).await;
        let waiting = bench.actor.send(Recent);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        let mut sequence = Vec::new();
        while sequence.len() < 20 {
            if let Record::Transition(transition) = bench.recorded.recv().await.unwrap() {
                sequence.push(transition.seq);
            }
        }
        assert_eq!(sequence, (1..=20).collect::<Vec<u64>>());
    });
}

#[test]
fn a_watcher_gets_fresh_readings_until_it_goes() {
    run(async {
        let mut bench = Bench::new(64);
        let (sender, mut readings) = mpsc::channel(2);
        bench.actor.send(Watch(sender)).await.unwrap();
        bench.draw(1.5, 3).await;
        assert_eq!(readings.recv().await, Some((START + 1000, 1.5)));
        assert_eq!(readings.recv().await, Some((START + 2000, 1.5)));
        drop(readings);
        bench.draw(1.5, 1).await;
    });
}
