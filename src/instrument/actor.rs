//! The actor of one instrument. [`messages`] is what it is told and asked, [`answers`] how it reacts, [`recovery`] what happens
//! when its work panics.

mod answers;
mod messages;
mod recovery;

pub(crate) use messages::{
    AskSensor, Deliver, FindLevels, Item, NameLevels, Recent, Serve, ServerWasDown, TakeSnapshot, Watch,
};
pub use recovery::Recollection;

use super::classifier::InstrumentClassifier;
use super::sensor::{Sensor, SensorHealth};
use super::settings::{SilenceRules, UsualInterval};
use super::snapshot::Snapshot;
use super::state_machine::{Freshness, StateMachine};
use super::status::Status;
use super::window::Window;
use crate::domain::{Cause, Clock, CurrentState, InstrumentId, Reading, Record, Transition};
use crate::journal::Position;
use crate::platform::config::{SensorsConfig, StatesConfig};
use actix::prelude::*;
use recovery::{Failures, SharedRecollection};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Messages that may wait for an actor: more than the feed has under way at a time, so that none of its messages overtakes
/// another.
const MAILBOX: usize = 64;

/// What all actors share.
pub struct Shared {
    clock: Arc<dyn Clock>,
    records: mpsc::Sender<Record>,
    /// Where an actor that has panicked finds what it knew.
    recollection: SharedRecollection,
    rules: StatesConfig,
    sensors: SensorsConfig,
    /// Milliseconds of readings after which a first calibration is over.
    calibration_ms: i64,
    /// Readings worked through. With those set aside it makes up those received: none is lost on the way.
    processed: metrics::Counter,
    late: metrics::Counter,
    duplicate: metrics::Counter,
}

impl Shared {
    /// `records` is where records go: it is bounded, and an actor takes no further readings while it is full. `rules` say when
    /// a sensor counts as offline, after `calibration_ms` of readings a first calibration is over.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, records: mpsc::Sender<Record>, rules: StatesConfig, calibration_ms: i64) -> Self {
        Self {
            clock,
            records,
            recollection: None,
            rules,
            sensors: SensorsConfig::default(),
            calibration_ms,
            processed: metrics::counter!("dayi_readings_processed_total"),
            late: metrics::counter!("dayi_readings_set_aside_total", "why" => "late"),
            duplicate: metrics::counter!("dayi_readings_set_aside_total", "why" => "duplicate"),
        }
    }

    /// Sensors have problems by these rules.
    #[must_use]
    pub fn judging_sensors(self, sensors: SensorsConfig) -> Self {
        Self { sensors, ..self }
    }

    /// An actor that panics goes back to its last snapshot.
    #[must_use]
    pub fn recollecting(self, recollection: Recollection) -> Self {
        Self { recollection: Some(Arc::new(recollection)), ..self }
    }
}

/// Owns everything that is known and decided about one instrument.
pub(crate) struct InstrumentActor {
    id: InstrumentId,
    shared: Arc<Shared>,
    status: Arc<Status>,
    window: Window,
    classifier: InstrumentClassifier,
    machine: StateMachine,
    usual_interval: UsualInterval,
    sensor: Sensor,
    /// The place in the journal up to which it has worked.
    position: Position,
    /// The same when it was last asked for a snapshot.
    snapshot_at: Position,
    /// The place up to which the states already account for readings: what is worked through again before it decides
    /// nothing.
    decided_to: Position,
    failures: Failures,
    /// When the sensor counts as silent, and why.
    deadline: (Instant, Cause),
    /// When the timer will look at the deadline next.
    timer: Option<(Instant, SpawnHandle)>,
    watchers: Vec<mpsc::Sender<(i64, f32)>>,
}

impl InstrumentActor {
    pub(crate) fn new(
        id: InstrumentId,
        shared: Arc<Shared>,
        status: Arc<Status>,
        (current, decided_to): (CurrentState, Position),
        classifier: InstrumentClassifier,
    ) -> Self {
        let machine = StateMachine::new(id.clone(), current);
        let deadline = (Instant::now() + shared.rules.startup_grace(), Cause::Deadline);
        Self {
            id,
            shared,
            status,
            window: Window::default(),
            classifier,
            machine,
            usual_interval: UsualInterval::default(),
            sensor: Sensor::default(),
            position: 0,
            snapshot_at: 0,
            decided_to,
            failures: Failures::default(),
            deadline,
            timer: None,
            watchers: Vec::new(),
        }
    }

    /// Works through items; what follows from them is recorded. `restored` is as in [`Deliver`].
    fn work(&mut self, items: Vec<Item>, restored: bool, ctx: &mut Context<Self>) {
        let mut records = Vec::new();
        let mut sign_of_life = false;
        let mut worked = 0;
        let whole = catch_unwind(AssertUnwindSafe(|| {
            for item in &items {
                sign_of_life |= self.take(item, restored, &mut records, ctx);
                worked += 1;
            }
        }));
        if sign_of_life && !restored {
            // Any reading shows that the sensor lives, a late one too.
            self.set_deadline(Instant::now() + self.offline_after(), Cause::Deadline, ctx);
        }
        self.record(records, ctx);
        if whole.is_err() {
            self.recover(items, worked, restored, ctx);
        }
    }

    /// Works through one item; whether it shows that the sensor lives.
    fn take(&mut self, item: &Item, restored: bool, records: &mut Vec<Record>, ctx: &mut Context<Self>) -> bool {
        if item.position() <= self.position {
            return false;
        }
        if self.failures.is_set_aside(item.position()) {
            self.position = item.position();
            return false;
        }
        match item {
            Item::Reading(at, reading) => {
                self.process(*at, reading, records);
                self.position = *at;
                true
            }
            Item::LastWill(at) => {
                self.position = *at;
                if !restored {
                    self.last_will(ctx);
                }
                false
            }
        }
    }

    /// Works through one reading; what it wants recorded goes to `records`.
    fn process(&mut self, at: Position, reading: &Reading, records: &mut Vec<Record>) {
        #[cfg(test)]
        restart_tests::trip(reading);
        let before = self.machine.newest_ms();
        let freshness = self.machine.admit(reading.ts_ms);
        let after_ms = (before != i64::MIN).then(|| reading.ts_ms - before);
        let fresh_after_ms = (freshness == Freshness::Fresh).then_some(after_ms.unwrap_or(0));
        self.sensor.take(reading, fresh_after_ms, self.usual_interval.ms(), &self.shared.sensors);
        match freshness {
            Freshness::Fresh => self.shared.processed.increment(1),
            Freshness::Late => return self.shared.late.increment(1),
            Freshness::Duplicate => return self.shared.duplicate.increment(1),
        }
        if let Some(after_ms) = after_ms {
            self.usual_interval.note(after_ms);
        }
        self.window.push(reading.ts_ms, reading.current_a);
        self.status.note_reading(reading.ts_ms, reading.current_a);
        self.tell_watchers(reading);
        if let Some(model) = self.classifier.learn(reading) {
            records.push(Record::Learned { instrument: self.id.clone(), at_ms: self.shared.clock.now_ms(), model });
        }
        if let Some(verdict) = self.classifier.observe(reading)
            && at > self.decided_to
        {
            let transition = self.machine.verdict(
                verdict.state,
                verdict.confidence,
                verdict.since_ms,
                reading.ts_ms,
                self.classifier.name(),
            );
            records.extend(transition.map(|transition| self.decided(transition, at)));
        }
        if let Some(details) = self.classifier.drift() {
            let (instrument, model) = (self.id.clone(), self.classifier.name().clone());
            records.push(Record::Drifted { instrument, model, at_ms: self.shared.clock.now_ms(), details });
        }
    }

    /// A decision that accounts for everything up to `at`.
    fn decided(&mut self, transition: Transition, at: Position) -> Record {
        self.decided_to = at;
        Record::Transition(Arc::new(Transition { position: at, ..transition }))
    }

    /// A state that was known is unknown from the moment on at which the server was last alive.
    fn server_was_down(&mut self, from_ms: i64, ctx: &mut Context<Self>) {
        let from_ms = from_ms.max(self.machine.newest_ms());
        if let Some(transition) = self.machine.server_was_down(from_ms, self.classifier.name()) {
            let record = self.decided(transition, self.position);
            self.record(vec![record], ctx);
        }
    }

    fn last_will(&mut self, ctx: &mut Context<Self>) {
        let at = Instant::now() + self.shared.rules.last_will_grace();
        if at < self.deadline.0 {
            self.set_deadline(at, Cause::LastWill, ctx);
        }
    }

    /// How its sensor does.
    fn sensor_health(&self) -> SensorHealth {
        let measured_ms = Some(self.machine.newest_ms()).filter(|newest_ms| *newest_ms != i64::MIN);
        let silence_ms = i64::try_from(self.offline_after().as_millis()).unwrap_or(i64::MAX);
        let times = (self.shared.clock.now_ms(), silence_ms);
        self.sensor.health(measured_ms, self.usual_interval.ms(), times, &self.shared.sensors)
    }

    /// Everything it knows, as bytes; `None` when nothing is new and not `all` is asked for.
    fn snapshot(&mut self, all: bool) -> Option<Vec<u8>> {
        if self.position == self.snapshot_at && !all {
            return None;
        }
        let snapshot = Snapshot {
            position: self.position,
            newest_ms: self.machine.newest_ms(),
            usual_interval_ms: self.usual_interval.ms(),
            sensor: self.sensor.clone(),
            window: self.window.clone(),
            classifier: self.classifier.memory(),
        };
        self.snapshot_at = self.position;
        self.failures.forget();
        snapshot.pack()
    }

    fn tell_watchers(&mut self, reading: &Reading) {
        let reading = (reading.ts_ms, reading.current_a);
        self.watchers.retain(|watcher| match watcher.try_send(reading) {
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        });
    }

    /// Hands records over in order. While there is no room the actor takes no further message.
    fn record(&self, records: Vec<Record>, ctx: &mut Context<Self>) {
        let mut records = records.into_iter();
        while let Some(record) = records.next() {
            let Err(refused) = self.shared.records.try_send(record) else { continue };
            // Closed means that the server stops and the recorder has ended: there is nobody left to tell.
            if let mpsc::error::TrySendError::Full(record) = refused {
                let sender = self.shared.records.clone();
                let rest: Vec<Record> = std::iter::once(record).chain(records).collect();
                let send_all = async move {
                    for record in rest {
                        if sender.send(record).await.is_err() {
                            break;
                        }
                    }
                };
                ctx.wait(send_all.into_actor(self));
            }
            return;
        }
    }

    fn set_deadline(&mut self, at: Instant, cause: Cause, ctx: &mut Context<Self>) {
        self.deadline = (at, cause);
        // The deadline moves on with every reading. A timer that fires too early only looks again, so it is replaced
        // when it would fire too late and not ten thousand times a second.
        if self.timer.is_none_or(|(fires, _)| at < fires) {
            self.arm(ctx);
        }
    }

    fn arm(&mut self, ctx: &mut Context<Self>) {
        if let Some((_, handle)) = self.timer.take() {
            ctx.cancel_future(handle);
        }
        let at = self.deadline.0;
        let left = at.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let handle = ctx.run_later(left, |actor, ctx| {
            actor.timer = None;
            if Instant::now() >= actor.deadline.0 {
                actor.fall_silent(ctx);
            } else {
                actor.arm(ctx);
            }
        });
        self.timer = Some((at, handle));
    }

    fn fall_silent(&mut self, ctx: &mut Context<Self>) {
        let cause = self.deadline.1;
        let now_ms = self.shared.clock.now_ms();
        if let Some(transition) = self.machine.silence(now_ms, cause, self.classifier.name()) {
            let record = self.decided(transition, self.position);
            self.record(vec![record], ctx);
        }
        // Nothing can become more silent: look again when a whole silence has passed.
        self.set_deadline(Instant::now() + self.offline_after(), Cause::Deadline, ctx);
    }

    fn offline_after(&self) -> Duration {
        self.shared.rules.offline_after(self.usual_interval.ms())
    }
}

impl Actor for InstrumentActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.arm(ctx);
    }
}

#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod tests;
