use super::engine::{Engine, NotDone, Word, World};
use super::maintenance::Window;
use super::model::Signs;
use super::store::{self, Settings};
use super::{maintenance_store, rules_store};
use crate::bus::{Bus, LatestWins};
use crate::domain::{Alert, AlertKind, AlertStep, Clock, Event, InstrumentId, Openings, Places, Severity};
use crate::history::Changes;
use crate::platform::catch_up::{Asked, CatchUp};
use crate::platform::config::AlertsConfig;
use crate::platform::db::Db;
use sea_orm::DbErr;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// State changes in one transaction at most.
const BATCH: u32 = 1_000;
/// Instruments that are judged before others get their turn on this thread.
const AT_ONCE: usize = 250;
/// How long changes are gathered before they are judged together: alerts are about minutes, and a transaction for each of
/// hundreds of changes a second would cost more than all else.
const GATHER: Duration = Duration::from_millis(200);
/// How often it is asked what is wrong with sensors and models.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How often everything is judged anew, however little happens: opening hours and clocks may have been set.
const ALL_EVERY_MS: i64 = 10 * 60_000;
/// The longest that it sleeps, for the clock on the wall may be set.
const LONGEST_SLEEP_MS: i64 = 60_000;
/// How long to wait for a database that refuses.
const REST: Duration = Duration::from_secs(1);
/// What people say that may wait.
const WORDS_WAITING: usize = 64;

/// What alerts stand on.
pub struct Parts {
    /// Where they are kept.
    pub db: Db,
    /// The log of state changes.
    pub changes: Changes,
    /// Wakes: what it says is read from the log.
    pub events: LatestWins,
    /// Where what happened is announced.
    pub bus: Bus,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// When there is work at them.
    pub openings: Arc<dyn Openings>,
    /// What is wrong with sensors and models.
    pub signs: Arc<dyn Signs>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The zone of opening hours, in minutes east of UTC.
    pub zone_minutes: i32,
    /// Its settings.
    pub config: AlertsConfig,
}

/// The one task that raises and clears alerts, and writes them.
pub struct Alerting {
    parts: Parts,
    settings: Arc<Settings>,
    grace_ends_ms: i64,
    words: mpsc::Receiver<Told>,
    asked: Asked,
}

/// One open alert: whose, about what, and its id.
pub(super) type Named = (InstrumentId, AlertKind, Arc<str>);
/// Before and after somebody's word, or why it did nothing.
pub(super) type Said = Result<(Alert, Alert), NotDone>;

enum Told {
    Say { of: Vec<Named>, word: Word, reply: oneshot::Sender<Vec<Said>> },
    SettingsChanged,
    WindowGone(Arc<Window>),
}

/// Speaks to it. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    words: mpsc::Sender<Told>,
    settled: CatchUp,
    pub(super) settings: Arc<Settings>,
}

impl Handle {
    /// Returns when it has followed every state change there is by now, and judged what is due.
    pub async fn settled(&self) {
        self.settled.now().await;
    }

    /// Somebody says something of alerts; answered in the same order when it is kept. `None` while that is not possible.
    pub(super) async fn say(&self, of: Vec<Named>, word: Word) -> Option<Vec<Said>> {
        let (reply, said) = oneshot::channel();
        self.words.send(Told::Say { of, word, reply }).await.ok()?;
        said.await.ok()
    }

    /// What instruments are judged by has changed.
    pub(super) async fn settings_changed(&self) {
        // A task that has ended judges everything when it starts again.
        let _ = self.words.send(Told::SettingsChanged).await;
    }

    /// Work is not planned any more.
    pub(super) async fn window_gone(&self, window: Arc<Window>) {
        let _ = self.words.send(Told::WindowGone(window)).await;
    }
}

impl Alerting {
    /// Ready to run, and what speaks to it. The grace after a start begins here.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn new(parts: Parts) -> Result<(Self, Handle), DbErr> {
        let settings = Arc::new(Settings::default());
        let now_ms = parts.clock.now_ms();
        settings.rules.store(Arc::new(rules_store::load(&parts.db).await?));
        settings.windows.store(Arc::new(maintenance_store::load(&parts.db, now_ms).await?));
        let grace_ends_ms = now_ms.saturating_add(i64::from(parts.config.startup_grace_s) * 1_000);
        let (sender, words) = mpsc::channel(WORDS_WAITING);
        let (settled, asked) = CatchUp::new();
        let handle = Handle { words: sender, settled, settings: settings.clone() };
        Ok((Self { parts, settings, grace_ends_ms, words, asked }, handle))
    }

    /// Works until `stop`. When the database refuses, everything is read from it again: nothing is half done.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let Err(error) = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                worked = self.work() => worked,
            };
            metrics::counter!("dayi_alerts_failures_total").increment(1);
            tracing::error!(%error, "alerts could not be read or kept; it is tried again");
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(REST) => {}
            }
        }
    }

    async fn work(&mut self) -> Result<Infallible, DbErr> {
        let mut engine = self.load().await?;
        self.ask_signs(&mut engine).await;
        self.follow(&mut engine).await?;
        let mut ask = interval_at(Instant::now() + ASK_EVERY, ASK_EVERY);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut all_judged_ms = self.parts.clock.now_ms();
        let mut gathered: Option<Instant> = None;
        loop {
            let due = self.sleep_until(&engine);
            let due = gathered.map_or(due, |gathered| gathered.min(due));
            tokio::select! {
                biased;
                Some(told) = self.words.recv() => self.hear(&mut engine, told).await?,
                Some(done) = self.asked.recv() => {
                    self.ask_signs(&mut engine).await;
                    self.follow(&mut engine).await?;
                    // Who asked may have gone meanwhile.
                    let _ = done.send(());
                }
                event = self.parts.events.next() => {
                    if matches!(event, Event::InstrumentChanged(_)) {
                        engine.touch(event.instrument());
                    }
                    if matches!(event, Event::ModelDrifted { .. }) {
                        self.ask_signs(&mut engine).await;
                    }
                    gathered.get_or_insert_with(|| Instant::now() + GATHER);
                }
                () = sleep_until(due) => {
                    gathered = None;
                    self.follow(&mut engine).await?;
                }
                _ = ask.tick() => {
                    self.ask_signs(&mut engine).await;
                    let now_ms = self.parts.clock.now_ms();
                    if now_ms.saturating_sub(all_judged_ms) >= ALL_EVERY_MS {
                        all_judged_ms = now_ms;
                        engine.touch_all();
                    }
                    self.follow(&mut engine).await?;
                }
            }
        }
    }

    async fn load(&self) -> Result<Engine, DbErr> {
        let left = store::load(&self.parts.db, self.parts.clock.now_ms()).await?;
        let world = World {
            places: self.parts.places.clone(),
            openings: self.parts.openings.clone(),
            settings: self.settings.clone(),
            zone_ms: i64::from(self.parts.zone_minutes) * 60_000,
            grace_ends_ms: self.grace_ends_ms,
        };
        Ok(Engine::new(world, left.cursor, left.watches, left.alerts))
    }

    async fn ask_signs(&self, engine: &mut Engine) {
        if let Some(signs) = self.parts.signs.now().await {
            engine.hear(&signs, self.parts.clock.now_ms());
        }
    }

    /// Follows the log to its end, and judges what is to be judged.
    async fn follow(&self, engine: &mut Engine) -> Result<(), DbErr> {
        let clock = &*self.parts.clock;
        loop {
            let changes = self.parts.changes.after(engine.cursor(), BATCH).await?;
            engine.take(&changes, clock.now_ms());
            let more = changes.len() == BATCH as usize;
            if more {
                let last = self.parts.changes.last().await?;
                metrics::gauge!("dayi_alerts_lag_changes").set((last - engine.cursor()) as f64);
                self.keep(engine).await?;
                continue;
            }
            metrics::gauge!("dayi_alerts_lag_changes").set(0.0);
            engine.touch_due(clock.now_ms());
            while engine.settle(clock.now_ms(), AT_ONCE) {
                tokio::task::yield_now().await;
            }
            return self.keep(engine).await;
        }
    }

    /// Keeps what follows, and then tells it.
    async fn keep(&self, engine: &mut Engine) -> Result<(), DbErr> {
        let pending = engine.take_pending();
        if pending.is_empty() {
            return Ok(());
        }
        let events = store::keep(&self.parts.db, pending).await?;
        if events.is_empty() {
            return Ok(());
        }
        tell_metrics(engine);
        for event in events {
            metrics::counter!("dayi_alerts_steps_total", "step" => event.step.name()).increment(1);
            let step = event.step;
            let event = Arc::new(event);
            self.parts
                .bus
                .publish(match step {
                    AlertStep::Raised => Event::AlertRaised(event),
                    AlertStep::Cleared => Event::AlertCleared(event),
                    AlertStep::Updated | AlertStep::Acknowledged | AlertStep::Silenced | AlertStep::Unsilenced => {
                        Event::AlertUpdated(event)
                    }
                })
                .await;
        }
        Ok(())
    }

    async fn hear(&self, engine: &mut Engine, told: Told) -> Result<(), DbErr> {
        let now_ms = self.parts.clock.now_ms();
        match told {
            Told::Say { of, word, reply } => {
                let said = of
                    .iter()
                    .map(|(instrument, kind, id)| engine.say((instrument, *kind, &**id), word.clone(), now_ms));
                let said = said.collect();
                self.follow(engine).await?;
                // Who asked may have gone meanwhile.
                let _ = reply.send(said);
            }
            Told::SettingsChanged => {
                engine.touch_all();
                self.follow(engine).await?;
            }
            Told::WindowGone(window) => {
                engine.window_gone(&window, now_ms);
                self.follow(engine).await?;
            }
        }
        Ok(())
    }

    /// When the next instrument is due.
    fn sleep_until(&self, engine: &Engine) -> Instant {
        let now_ms = self.parts.clock.now_ms();
        let wait_ms = engine.next_due_ms().map_or(LONGEST_SLEEP_MS, |due_ms| due_ms.saturating_sub(now_ms));
        Instant::now() + Duration::from_millis(wait_ms.clamp(0, LONGEST_SLEEP_MS).cast_unsigned())
    }
}

fn tell_metrics(engine: &Engine) {
    let open = engine.open();
    for kind in super::rules::WATCHED {
        for severity in Severity::ALL {
            let count = open.get(&(kind, severity)).copied().unwrap_or(0);
            metrics::gauge!("dayi_alerts_open", "kind" => kind.name(), "severity" => severity.name()).set(count as f64);
        }
    }
}
