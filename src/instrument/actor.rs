use super::classifier::InstrumentClassifier;
use super::levels::Levels;
use super::settings::{SilenceRules, UsualInterval};
use super::state_machine::{Freshness, StateMachine};
use super::status::Status;
use super::trained::Trained;
use super::window::Window;
use crate::domain::{Cause, Clock, CurrentState, InstrumentId, LevelName, Measured, Reading, Record};
use crate::platform::config::StatesConfig;
use actix::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// What all actors share.
pub struct Shared {
    clock: Arc<dyn Clock>,
    records: mpsc::Sender<Record>,
    measured: mpsc::Sender<Measured>,
    rules: StatesConfig,
    /// Milliseconds of readings after which a first calibration is over.
    calibration_ms: i64,
    /// Readings worked through. With those set aside it makes up those received: none is lost on the way.
    processed: metrics::Counter,
    late: metrics::Counter,
    duplicate: metrics::Counter,
}

impl Shared {
    /// `records` is where records go, `measured` where readings go to be kept; both are bounded, and an actor takes no
    /// further readings while one is full. `rules` say when a sensor counts as
    /// offline, after `calibration_ms` of readings a first calibration is over.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        records: mpsc::Sender<Record>,
        measured: mpsc::Sender<Measured>,
        rules: StatesConfig,
        calibration_ms: i64,
    ) -> Self {
        Self {
            clock,
            records,
            measured,
            rules,
            calibration_ms,
            processed: metrics::counter!("dayi_readings_processed_total"),
            late: metrics::counter!("dayi_readings_set_aside_total", "why" => "late"),
            duplicate: metrics::counter!("dayi_readings_set_aside_total", "why" => "duplicate"),
        }
    }
}

/// Readings for the actor; answered when they are processed.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Deliver(pub(crate) Vec<Reading>);

/// The sensor's last will was published.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct LastWill;

/// Send every fresh reading to this channel until it is closed. What does not fit is left out: the watcher is a
/// page, and the next reading is a second away.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Watch(pub(crate) mpsc::Sender<(i64, f32)>);

/// The readings in the window: UTC milliseconds and ampere, oldest first.
#[derive(Message)]
#[rtype(result = "Vec<(i64, f32)>")]
pub(crate) struct Recent;

/// What the calibration found.
#[derive(Message)]
#[rtype(result = "Levels")]
pub(crate) struct FindLevels;

/// A person calls the levels so.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct NameLevels(pub(crate) Vec<LevelName>);

/// This model serves from now on; `None` is the instrument's own calibration.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Serve(pub(crate) Option<Box<Trained>>);

/// Owns everything that is known and decided about one instrument.
pub(crate) struct InstrumentActor {
    id: InstrumentId,
    shared: Arc<Shared>,
    status: Arc<Status>,
    window: Window,
    classifier: InstrumentClassifier,
    machine: StateMachine,
    usual_interval: UsualInterval,
    /// The time of the newest fresh reading, UTC milliseconds.
    last_ts_ms: Option<i64>,
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
        current: CurrentState,
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
            last_ts_ms: None,
            deadline,
            timer: None,
            watchers: Vec::new(),
        }
    }

    /// Works through one reading; what it wants recorded goes to `records`.
    fn process(&mut self, reading: &Reading, records: &mut Vec<Record>) {
        match self.machine.admit(reading.ts_ms) {
            Freshness::Fresh => self.shared.processed.increment(1),
            Freshness::Late => return self.shared.late.increment(1),
            Freshness::Duplicate => return self.shared.duplicate.increment(1),
        }
        if let Some(last) = self.last_ts_ms.replace(reading.ts_ms) {
            self.usual_interval.note(reading.ts_ms - last);
        }
        self.window.push(reading.ts_ms, reading.current_a);
        self.status.note_reading(reading.ts_ms, reading.current_a);
        self.tell_watchers(reading);
        if let Some(model) = self.classifier.learn(reading) {
            records.push(Record::Learned { instrument: self.id.clone(), at_ms: self.shared.clock.now_ms(), model });
        }
        if let Some(verdict) = self.classifier.observe(reading) {
            let transition = self.machine.verdict(
                verdict.state,
                verdict.confidence,
                verdict.since_ms,
                reading.ts_ms,
                self.classifier.name(),
            );
            records.extend(transition.map(Arc::new).map(Record::Transition));
        }
        if let Some(details) = self.classifier.drift() {
            let (instrument, model) = (self.id.clone(), self.classifier.name().clone());
            records.push(Record::Drifted { instrument, model, at_ms: self.shared.clock.now_ms(), details });
        }
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

    /// Hands readings over to be kept. While there is no room the actor takes no further message.
    fn keep(&self, readings: Vec<Reading>, ctx: &mut Context<Self>) {
        // Closed means that the server stops: see `record`.
        if let Err(mpsc::error::TrySendError::Full(measured)) =
            self.shared.measured.try_send((self.id.clone(), readings))
        {
            let sender = self.shared.measured.clone();
            let send = async move {
                let _ = sender.send(measured).await;
            };
            ctx.wait(send.into_actor(self));
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
            self.record(vec![Record::Transition(Arc::new(transition))], ctx);
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
        self.arm(ctx);
    }
}

impl Handler<Deliver> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Deliver(readings): Deliver, ctx: &mut Self::Context) {
        let mut records = Vec::new();
        for reading in &readings {
            self.process(reading, &mut records);
        }
        // Any reading shows that the sensor lives, a late one too.
        self.set_deadline(Instant::now() + self.offline_after(), Cause::Deadline, ctx);
        self.record(records, ctx);
        self.keep(readings, ctx);
    }
}

impl Handler<LastWill> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, LastWill: LastWill, ctx: &mut Self::Context) {
        let at = Instant::now() + self.shared.rules.last_will_grace();
        if at < self.deadline.0 {
            self.set_deadline(at, Cause::LastWill, ctx);
        }
    }
}

impl Handler<Watch> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Watch(watcher): Watch, _: &mut Self::Context) {
        self.watchers.push(watcher);
    }
}

impl Handler<Recent> for InstrumentActor {
    type Result = MessageResult<Recent>;

    fn handle(&mut self, Recent: Recent, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.window.to_vec())
    }
}

impl Handler<FindLevels> for InstrumentActor {
    type Result = MessageResult<FindLevels>;

    fn handle(&mut self, FindLevels: FindLevels, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.classifier.levels(self.shared.calibration_ms))
    }
}

impl Handler<NameLevels> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, NameLevels(names): NameLevels, _: &mut Self::Context) {
        self.classifier.name_levels(names);
    }
}

impl Handler<Serve> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Serve(model): Serve, _: &mut Self::Context) {
        self.classifier.serve(model, &self.window.to_vec());
        tracing::info!(instrument = %self.id, model = %self.classifier.name(), "another model serves");
    }
}

#[cfg(test)]
mod tests;
