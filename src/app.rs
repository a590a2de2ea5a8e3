//! The composition root: the only place that knows every part. Nothing imports it but `main`, the commands and tests.

mod accounts;
mod alerts;
mod doorman;
mod fleet;
mod front;
mod intake;
mod notify;
mod outage;
mod overlook;
mod pages;
mod restore;
mod sinks;
mod spine;
mod vitals;

use crate::account::{self, AccountError, Door, Oidc, OidcError};
use crate::audit;
use crate::bus::{Bus, NeverDrop};
use crate::catalog::{self, Addition, FleetPort, Store, StoreError};
use crate::domain::{Clock, Event, Places, SystemClock};
use crate::export::{self, Exporter, Source};
use crate::history::{self, Drifts, Hours, Intervals, Readings, ReadingsError, StatesAt, Zone};
use crate::http;
use crate::influx::{self, InfluxError, Sink};
use crate::ingest::{self, BindError, Front, Ports};
use crate::instrument::{self, SnapshotError};
use crate::journal::JournalError;
use crate::labels::{self, LabelStore, LevelNames};
use crate::live::{Hub, Live};
use crate::notify::NotifyError;
use crate::platform::config::Config;
use crate::platform::db::{Db, DbError, Standing};
use crate::platform::metrics;
use crate::platform::secret::SharedSecret;
use crate::training::{self, Deployment, Jobs, Program, Runner, Versions};
use alerts::Alerts;
use doorman::Doorman;
use fleet::LiveFleet;
use intake::Intake;
pub use notify::publish_alerts;
use overlook::Overlook;
use sinks::ToInflux;
use spine::Spine;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vitals::Vitals;

/// Events that may wait for a subscriber before the recorder waits.
const EVENTS_WAITING: usize = 4_096;
/// How long a stop waits for open pages and requests.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the server did not start. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder or the database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What the database holds could not be read.
    #[error("what the database holds could not be read: {0}")]
    Load(#[from] StoreError),
    /// The same, of the accounts.
    #[error("the accounts could not be read: {0}")]
    Accounts(#[from] AccountError),
    /// The provider of sign-ins.
    #[error(transparent)]
    Oidc(#[from] OidcError),
    /// The same, of the history.
    #[error("the recorded states could not be read: {0}")]
    History(#[from] sea_orm::DbErr),
    /// The readings' file.
    #[error(transparent)]
    Readings(#[from] ReadingsError),
    /// The snapshots' file.
    #[error(transparent)]
    Snapshots(#[from] SnapshotError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Where this program is, which is to train models.
    #[error("the program that trains models is not known: {0}. Name one with [models] trainer")]
    Program(std::io::Error),
    /// The folder of exports.
    #[error("the folder `exports` in the data folder cannot be emptied or made: {0}")]
    Exports(std::io::Error),
    /// The page's address.
    #[error(
        "the page and API cannot listen on {address}: {source}. Another program (or another dayi) may have the port: name another with --http or [http] listen"
    )]
    Http {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The way to InfluxDB.
    #[error(transparent)]
    Influx(#[from] InfluxError),
    /// What people are told by.
    #[error(transparent)]
    Notify(#[from] NotifyError),
    /// The sensors' address.
    #[error("sensors cannot be served: {0}")]
    Mqtt(#[from] BindError),
    /// A thread.
    #[error("the actors' threads could not be started: {0}")]
    Threads(std::io::Error),
}

/// A running server.
pub struct App {
    /// Where the page and the API listen.
    pub http: SocketAddr,
    /// Where sensors connect.
    pub mqtt: SocketAddr,
    /// Where sensors connect over TLS.
    pub mqtts: Option<SocketAddr>,
    /// The catalogue.
    pub store: Store,
    /// Accounts.
    pub accounts: account::Store,
    fleet: Arc<LiveFleet>,
    bus: Bus,
    db: Db,
    stop_serving: CancellationToken,
    serving: Vec<JoinHandle<()>>,
    spine: Spine,
    hours: Hours,
    alerts: alerts::Settled,
}

impl App {
    /// Starts every part, restored from the data folder, and returns when sensors and pages are accepted.
    ///
    /// # Errors
    /// When a part cannot start; nothing is left running then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        Self::start_at(config, Arc::new(SystemClock)).await
    }

    /// [`App::start`] with another clock.
    ///
    /// # Errors
    /// When a part cannot start; nothing is left running then.
    pub async fn start_at(config: Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        metrics::start();
        let address = config.http.listen;
        let pages = TcpListener::bind(address).await.map_err(|source| StartError::Http { address, source })?;
        let http_address = pages.local_addr().map_err(|source| StartError::Http { address, source })?;
        let db = Db::open(&config).await?;
        let store = Store::load(db.clone()).await?;
        let places: Arc<dyn Places> = Arc::new(store.catalog().clone());
        let tree = Arc::new(accounts::Units(store.catalog().clone()));
        let door = Door::new(tree.clone(), clock.clone(), SharedSecret::new(config.http.admin_token.as_deref()));
        let accounts = account::Store::load(db.clone(), door.clone()).await?;
        let public_url = config.http.public_url.as_deref();
        let oidc = Oidc::new(&config.oidc, public_url)?;
        let account_api = account::ApiState::new(accounts.clone(), tree, oidc, clock.clone(), public_url);
        let intervals = Intervals::new(db.clone());
        let (hours, count) = Hours::new(db.clone(), Zone::east(config.zone_minutes)).await?;
        let names = LevelNames::new(db.clone());
        let versions = Versions::new(db.clone());
        let serving = training::Serving::read(&versions).await?;
        let path = config.models.trainer.clone().map_or_else(std::env::current_exe, Ok).map_err(StartError::Program)?;
        let to_influx = ToInflux::read(&config.influx, &db).await?;
        let known = restore::Known {
            last: intervals.last_states().await?,
            names: names.all().await?,
            serving: versions.serving_artifacts().await?,
            sent_to: to_influx.from.unwrap_or(0),
        };

        let bus = Bus::default();
        let spine = Spine::start(&config, &db, &clock, &bus, known, &store).await?;
        let readings = spine.readings.clone();
        let registry = spine.registry.clone();
        let fleet = Arc::new(LiveFleet::new(store.catalog().clone(), registry.clone(), readings.clone()));
        let deployment = Deployment::new(versions.clone(), fleet.clone(), serving);
        let jobs = Jobs::new(db.clone());
        let program = Program {
            path,
            data: config.data_dir.clone(),
            database: config.database.url.clone(),
            flush: spine.flush(),
            promote: config.models.auto_promote,
        };
        let (runner, training) = Runner::new(jobs.clone(), clock.clone(), program, deployment.clone());

        let (exporter, exporting) = Exporter::new(&config.data_dir, clock.clone()).map_err(StartError::Exports)?;

        let stop_serving = CancellationToken::new();
        let changes = bus.never_drop("live", EVENTS_WAITING);
        let (hub, live) = Hub::new(fleet.clone(), stop_serving.clone());
        let live = Live::new(live, Arc::new(door.clone()), clock.clone(), config.live.clone());
        let ports = Ports {
            directory: Arc::new(Doorman::new(
                store.credentials().clone(),
                SharedSecret::new(config.mqtt.service_token.as_deref()),
                door.clone(),
                places.clone(),
            )),
            handover: Arc::new(Intake::new(registry.clone(), spine.appender(), clock.clone())),
            states: fleet.clone(),
            clock: clock.clone(),
        };
        let bound = Front::bind(front::front_config(&config), ports).map_err(StartError::from);
        let notifier = notify::notifier(&config, &db, store.catalog(), &door, &clock, &stop_serving).await;
        let sink = to_influx.sink(&db, &bus, &spine, store.catalog(), &clock).await;
        let alerts = Alerts::new(&config, &db, &bus, &store, &spine, &clock).await.map_err(StartError::from);
        let (front, sink, notifier, alerts) = match (bound, sink, notifier, alerts) {
            (Ok(front), Ok(sink), Ok(notifier), Ok(alerts)) => (front, sink, notifier, alerts),
            (Err(error), ..) | (_, Err(error), ..) | (.., Err(error), _) | (.., Err(error)) => {
                spine.stop().await;
                return Err(error);
            }
        };
        let (mqtt_address, mqtts) = (front.local_addr(), front.tls_addr());
        let vitals = Vitals {
            journal: spine.appender(),
            influx: sink.as_ref().map(Sink::handle),
            notify: notifier.handle(),
            db: db.clone(),
            registry: registry.clone(),
            mqtt: mqtt_address,
            data_dir: config.data_dir.clone(),
        };
        let log = audit::Log::new(db.clone());
        let router = http::build(http::Parts {
            catalog: catalog::ApiState {
                store: store.clone(),
                fleet: fleet.clone(),
                bus: bus.clone(),
                sessions: Arc::new(front.closer()),
                clock: clock.clone(),
                tree_changed: accounts::tree_changed(&door),
            },
            labels: labels::ApiState {
                store: LabelStore::new(db.clone()),
                names,
                naming: Arc::default(),
                fleet: fleet.clone(),
                clock: clock.clone(),
            },
            training: training::ApiState {
                places: places.clone(),
                overlooked: Overlook::over(store.catalog(), &registry, &db),
                versions,
                drifts: Drifts::new(db.clone()),
                jobs,
                runner: training,
                fleet: fleet.clone(),
                deployment: deployment.clone(),
                clock: clock.clone(),
            },
            alert: alerts.api.clone(),
            idle: alerts.idle_api.clone(),
            export: export::ApiState { exporter, fleet: fleet.clone() },
            history: history::ApiState {
                intervals: intervals.clone(),
                states_at: StatesAt::new(db.clone()),
                hours: hours.clone(),
                readings: readings.clone(),
                places: Arc::new(store.catalog().clone()),
                clock: clock.clone(),
            },
            influx: influx::ApiState { sink: sink.as_ref().map(Sink::handle), store: to_influx.store },
            notify: notifier.api(),
            registry: registry.clone(),
            earlier: earlier(readings.clone()),
            ingest: ingest::ApiState {
                refusals: front.refusals(),
                clients: Arc::new(store.credentials().clone()),
                places: places.clone(),
            },
            live,
            clock: clock.clone(),
            account: account_api,
            door: Arc::new(door),
            places,
            audit: log.clone(),
            proxies: config.http.trusted_proxies.clone(),
            metrics: SharedSecret::new(config.http.metrics_token.as_deref()),
            vitals: Arc::new(vitals),
        });
        let mut serving = vec![
            tokio::spawn(hub.run(changes)),
            tokio::spawn(count.run(stop_serving.clone())),
            tokio::spawn(accounts::sweep(accounts.clone(), clock.clone(), stop_serving.clone())),
            tokio::spawn(audit::forget_old(log, config.history.audit_days, clock, stop_serving.clone())),
            tokio::spawn(deployment.run(stop_serving.clone())),
            tokio::spawn(runner.run(stop_serving.clone())),
            tokio::spawn(exporting.run(
                Source { readings, intervals },
                config.journal.min_free_mb.into(),
                stop_serving.clone(),
            )),
            tokio::spawn(fleet::publish_states(bus.latest_wins(), front.publisher(), stop_serving.clone())),
            tokio::spawn(notify::publish_alerts(
                bus.never_drop("mqtt-alerts", EVENTS_WAITING),
                front.publisher(),
                stop_serving.clone(),
            )),
            tokio::spawn(notifier.run(bus.latest_wins())),
            tokio::spawn(front.run(stop_serving.clone())),
            tokio::spawn(pages::serve_pages(pages, router, stop_serving.clone())),
        ];
        let (alerts, running) = alerts.run(&stop_serving);
        serving.extend(running);
        serving.extend(sink.map(|sink| tokio::spawn(sink.run(stop_serving.clone()))));
        tracing::info!(http = %http_address, mqtt = %mqtt_address, instruments = registry.len(), "dayi is ready");
        Ok(Self {
            http: http_address,
            mqtt: mqtt_address,
            mqtts,
            store,
            accounts,
            fleet,
            bus,
            db,
            stop_serving,
            serving,
            spine,
            hours,
            alerts,
        })
    }

    /// Adds instruments with their sensors, all or none; their actors run and their sensors may connect at once.
    ///
    /// # Errors
    /// When an id is taken or the database does not do it.
    pub async fn add_instruments(&self, added: Vec<Addition>) -> Result<(), StoreError> {
        for instrument in self.store.add(added).await? {
            self.fleet.added(&instrument);
            self.bus.publish(Event::InstrumentAdded(instrument.id.clone())).await;
        }
        Ok(())
    }

    /// Every event from now on, for whoever embeds the server.
    #[must_use]
    pub fn events(&self) -> NeverDrop {
        self.bus.never_drop("embedding", EVENTS_WAITING)
    }

    /// Returns when everything that was acknowledged by now shows in states, events, hours and alerts.
    pub async fn settled(&self) {
        self.spine.settled().await;
        self.hours.counted().await;
        self.alerts.now().await;
    }

    /// Returns when another server has taken the database: this one must end at once, without [`App::stop`]. What it has not
    /// written is in the journal.
    pub async fn lost(&self) {
        self.db.stands(|standing| *standing == Standing::Lost).await;
    }

    /// Stops in order: no more readings, then what the actors decided goes to the disk, then the rest. While the database
    /// is away it cannot take it; then the next start works it through from the journal, as after a crash.
    pub async fn stop(self) {
        self.stop_serving.cancel();
        for mut task in self.serving {
            if tokio::time::timeout(STOP_TIMEOUT, &mut task).await.is_err() {
                task.abort();
            }
        }
        tokio::select! {
            biased;
            () = self.spine.stop() => {}
            () = self.db.stands(|standing| *standing != Standing::Ours) => {
                tracing::warn!("stopped without the database: what it has not taken is in the journal");
            }
        }
        self.db.close().await;
        tracing::info!("dayi has stopped");
    }
}

/// What the history has of an instrument; nothing where it does not answer.
fn earlier(readings: Readings) -> instrument::Earlier {
    Arc::new(move |id, from_ms, to_ms| {
        let readings = readings.clone();
        Box::pin(async move {
            readings.range(id, from_ms, to_ms).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "a page gets only what the actor remembers");
                Vec::new()
            })
        })
    })
}
