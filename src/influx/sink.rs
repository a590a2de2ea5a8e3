use super::client::{Client, InfluxError};
use super::handle::{Handle, Kind, Watched};
use super::measured::Measured;
use super::policy::BackOff;
use super::port::TagPort;
use super::states::States;
use super::status::Status;
use super::store::SinkStore;
use super::stream::{Link, Stream, Suspicion};
use super::unproven::{Mark, Unproven};
use crate::bus::LatestWins;
use crate::domain::Clock;
use crate::history::{Changes, Readings};
use crate::journal::{Account, Reader};
use crate::platform::config::InfluxConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The streams' names.
pub(super) const STATES: &str = "states";
pub(super) const READINGS: &str = "readings";

/// How often the metrics are told how far behind the streams are.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// What the sink stands on.
pub struct Parts {
    /// Where to send, and how.
    pub config: InfluxConfig,
    /// How far it is.
    pub store: SinkStore,
    /// The log of state changes.
    pub changes: Changes,
    /// Says that there may be new ones.
    pub events: LatestWins,
    /// The journal from [`SinkStore::position`] on and what was measured, if readings are to be sent.
    pub measured: Option<(Reader, Readings)>,
    /// Instruments and their tags.
    pub tags: Arc<dyn TagPort>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Sends state changes, and readings if they are wanted, to InfluxDB.
pub struct Sink {
    states: Stream<States>,
    measured: Option<Stream<Measured>>,
    handle: Handle,
}

impl Sink {
    /// Gets everything ready from where it was left.
    ///
    /// # Errors
    /// When the configuration cannot be followed or the database does not answer.
    pub async fn new(parts: Parts) -> Result<Self, InfluxError> {
        let Parts { config, store, changes, events, measured, tags, clock } = parts;
        let (most, moment) = (config.batch_lines.max(1), Duration::from_millis(config.longest_wait_ms.into()));
        let link = async |name, account: Option<Account>, first: Mark| -> Result<(Link, Mark), InfluxError> {
            let mark = match store.cursor(name).await? {
                Some(mark) => mark,
                None => {
                    store.move_cursor(name, first).await?;
                    first
                }
            };
            let link = Link {
                client: Client::new(&config, clock.clone())?,
                clock: clock.clone(),
                status: Arc::new(Status::new(name, clock.clone())),
                store: store.clone(),
                account,
                unproven: Unproven::new(Duration::from_secs(config.durable_after_s.into()), mark),
                back_off: BackOff {
                    first: Duration::from_millis(config.retry_first_ms.into()),
                    most: Duration::from_millis(config.retry_most_ms.into()),
                },
                batch_lines: most as usize,
                suspicion: Suspicion::default(),
            };
            link.status.sent_to(mark.at, true);
            Ok((link, mark))
        };
        let mut watched = Vec::new();
        let (states, mark) = link(STATES, None, Mark::default()).await?;
        watched.push(Watched { status: states.status.clone(), kind: Kind::Changes(changes.clone()) });
        let source = States {
            changes,
            tags: tags.clone(),
            events,
            status: states.status.clone(),
            number: mark.at,
            most,
            moment,
        };
        let states = Stream { source, link: states };
        let measured = match measured {
            // Once switched off, they begin anew when they are switched on: with what is measured then.
            None => {
                store.forget_cursor(READINGS).await?;
                None
            }
            Some((reader, readings)) => {
                let first = Mark { at: reader.at().cast_signed(), at_ms: clock.now_ms() };
                let account = reader.account();
                let (link, at) = link(READINGS, Some(account.clone()), first).await?;
                watched.push(Watched { status: link.status.clone(), kind: Kind::Bytes(account) });
                let status = link.status.clone();
                let most = most as usize;
                let source = Measured { reader, readings, tags, status, at, most, moment, waiting: None, refill: None };
                Some(Stream { source, link })
            }
        };
        let handle = Handle::new(&config, clock.clone(), store, watched)?;
        Ok(Self { states, measured, handle })
    }

    /// How it is.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Sends until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let Self { states, measured, handle } = self;
        let measured = async {
            if let Some(measured) = measured {
                measured.run(stop.clone()).await;
            }
        };
        let telling = async {
            let mut ticks = tokio::time::interval(TELL_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                handle.tell_metrics().await;
            }
        };
        // Apart from each other, so that one that packs does not hold the other up.
        let states = tokio::spawn(states.run(stop.clone()));
        tokio::join!(measured, telling);
        if states.await.is_err() {
            tracing::error!("the stream of states did not end in order");
        }
    }
}
