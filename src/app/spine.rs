//! From the journal to states and history: what is started first and stopped last.

use super::StartError;
use super::outage;
use super::restore::{self, Known};
use crate::bus::Bus;
use crate::catalog::Store;
use crate::domain::{Clock, Event};
use crate::history::{self, Announce, Keeping, Readings, Recorder, Upkeep, Zone, forget_intervals};
use crate::instrument::{Checkpoints, Feed, Recollection, Registry, Shared, Snapshots};
use crate::journal::{Appender, Hold, Journal, Position};
use crate::platform::arbiters::Arbiters;
use crate::platform::catch_up::CatchUp;
use crate::platform::config::Config;
use crate::platform::db::Db;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Records that may wait for the disk before the actors wait.
const RECORDS_WAITING: usize = 4_096;

/// Journal, actors, recorder and history, running.
pub(super) struct Spine {
    pub(super) registry: Registry,
    pub(super) readings: Readings,
    journal: Journal,
    arbiters: Arbiters,
    feeding: JoinHandle<()>,
    worked_to: watch::Receiver<Position>,
    settled: CatchUp,
    checkpoints: Arc<Checkpoints>,
    checking: JoinHandle<()>,
    stop_checking: CancellationToken,
    recording: JoinHandle<()>,
    stop_recording: CancellationToken,
    keeping: history::Writer,
    _excusing: AbortOnDropHandle<()>,
    /// What lies is kept in order until the stop.
    upkeep: [JoinHandle<()>; 2],
}

impl Spine {
    /// Opens the journal, restores the actors, and lets them see again what the journal holds since.
    pub(super) async fn start(
        config: &Config,
        db: &Db,
        clock: &Arc<dyn Clock>,
        bus: &Bus,
        known: Known,
        store: &Store,
    ) -> Result<Self, StartError> {
        let keeping = Keeping::open(&config.data_dir)?;
        let snapshots = Snapshots::open(&config.data_dir)?;
        let (kept_to, restored_to) = (keeping.position()?, snapshots.position()?);
        let read_to = kept_to.max(restored_to).max(known.decided_to());
        let journal = Journal::open(&config.data_dir, config.journal, read_to)?;
        let keeping = keeping.start(journal.reader("history", Hold::Required, kept_to))?;
        let excusing = AbortOnDropHandle::new(tokio::spawn(outage::excuse_actors(db.clone(), journal.excuses())));
        let readings = Readings::new(&config.data_dir).with(keeping.unwritten());

        let arbiters = Arbiters::start(config.runtime.arbiters).await.map_err(StartError::Threads)?;
        let (records, recorded) = mpsc::channel(RECORDS_WAITING);
        let recollection = Recollection { snapshots: snapshots.clone(), journal: Box::new(journal.again()) };
        let shared = Shared::new(clock.clone(), records, config.states, config.models.calibration_ms())
            .judging_sensors(config.sensors)
            .recollecting(recollection);
        let registry = Registry::new(arbiters.handles(), Arc::new(shared));
        let (recorder, settled) = {
            let announce = announcer(registry.clone(), bus.clone());
            Recorder::new(db.clone(), clock.clone(), Zone::east(config.zone_minutes), announce)
        };
        let stop_recording = CancellationToken::new();
        let recording = tokio::spawn(recorder.run(recorded, stop_recording.clone()));

        let down_from_ms = known.down_from_ms(clock.now_ms(), &config.states);
        restore::start_actors(store, known, &registry, &snapshots, &readings, clock.now_ms()).await?;
        let mut feed =
            Feed::new(journal.reader("actors", Hold::Required, restored_to), registry.clone(), journal.end());
        feed.replay().await;
        if let Some(from_ms) = down_from_ms {
            registry.server_was_down(from_ms).await;
        }
        let checkpoints = Arc::new(Checkpoints {
            registry: registry.clone(),
            snapshots,
            settled: settled.clone(),
            worked_to: feed.worked_to(),
            account: feed.account(),
            failed: AtomicBool::new(false),
        });
        let stop_checking = CancellationToken::new();
        let checking = {
            let (checkpoints, stop) = (checkpoints.clone(), stop_checking.clone());
            tokio::spawn(async move { checkpoints.run(stop).await })
        };
        let worked_to = feed.worked_to();
        let feeding = tokio::spawn(feed.run());
        let upkeep = [
            tokio::spawn(Upkeep::new(&config.data_dir, config.history, clock.clone()).run(stop_checking.clone())),
            tokio::spawn(forget_intervals(
                db.clone(),
                config.history.interval_days,
                clock.clone(),
                stop_checking.clone(),
            )),
        ];
        Ok(Self {
            registry,
            _excusing: excusing,
            readings,
            journal,
            arbiters,
            feeding,
            worked_to,
            settled,
            checkpoints,
            checking,
            stop_checking,
            recording,
            stop_recording,
            keeping,
            upkeep,
        })
    }

    /// Appends to the journal.
    pub(super) fn appender(&self) -> Appender {
        self.journal.appender()
    }

    /// Asks the history not to wait.
    pub(super) fn flush(&self) -> CatchUp {
        self.keeping.flush()
    }

    /// Returns when the actors have worked through everything that was acknowledged by now, and what they decided is kept
    /// and announced.
    pub(super) async fn settled(&self) {
        let end = self.journal.end();
        // A feed that has ended has worked through everything.
        let _ = self.worked_to.clone().wait_for(|worked_to| *worked_to >= end).await;
        self.settled.now().await;
    }

    /// Stops in order: no more readings; the actors work through those there are and leave their snapshots; what they
    /// decided goes to the disk.
    pub(super) async fn stop(self) {
        self.stop_checking.cancel();
        self.journal.close().await;
        for (task, what) in [(self.feeding, "feed"), (self.checking, "checkpoints")] {
            if task.await.is_err() {
                tracing::error!(what, "a part did not end in order");
            }
        }
        self.checkpoints.round(Duration::ZERO).await;
        self.stop_recording.cancel();
        if self.recording.await.is_err() {
            tracing::error!("the recorder did not end in order");
        }
        self.keeping.finish().await;
        for task in self.upkeep {
            if task.await.is_err() {
                tracing::error!("the upkeep of the history did not end in order");
            }
        }
        self.arbiters.stop().await;
    }
}

/// What happens with each event once it is on the disk.
fn announcer(registry: Registry, bus: Bus) -> Announce {
    Box::new(move |event| {
        if let Event::StateChanged(transition) = &event {
            registry.announce(transition);
        }
        let bus = bus.clone();
        Box::pin(async move { bus.publish(event).await })
    })
}
