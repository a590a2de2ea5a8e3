use super::api::ApiState;
use super::book::Book;
use super::dispatcher::Dispatcher;
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::policy::Patience;
use super::port::{AlertLog, Names, Owners};
use super::post::Post;
use super::reader::Reader;
use super::send::{SendError, Sender};
use super::status::Status;
use super::text::Writer;
use super::times::LocalTime;
use super::touched::Touched;
use crate::bus::LatestWins;
use crate::domain::{Clock, Places};
use crate::history::Changes;
use crate::platform::config::NotifyConfig;
use crate::platform::db::Db;
use sea_orm::DbErr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const HOUR_MS: i64 = 3_600_000;

/// What people and programs are told from.
pub struct Parts {
    /// What is set.
    pub config: NotifyConfig,
    /// The zone of people's clocks, in minutes east of UTC.
    pub zone_minutes: i32,
    /// The page's address as people reach it.
    pub public_url: Option<String>,
    /// The database.
    pub db: Db,
    /// The log of alerts.
    pub alerts: Arc<dyn AlertLog>,
    /// The log of state changes.
    pub changes: Changes,
    /// What accounts may.
    pub owners: Arc<dyn Owners>,
    /// Where instruments stand.
    pub places: Arc<dyn Places>,
    /// What instruments are called.
    pub names: Arc<dyn Names>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why nobody can be told anything.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// What is set.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The database.
    #[error("the subscriptions could not be read: {0}")]
    Db(#[from] DbErr),
}

/// Tells people and programs what happens.
pub struct Notifier {
    pub(super) reader: Reader,
    pub(super) dispatcher: Dispatcher,
    pub(super) api: ApiState,
    status: Status,
}

/// Knows how deliveries are. Cheap to clone.
#[derive(Clone)]
pub struct Handle(Status);

impl Handle {
    /// What is wrong, in words for a person.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.0.problem()
    }
}

impl Notifier {
    /// Ready to run until `stop`, from where it was.
    ///
    /// # Errors
    /// When the configuration cannot be followed, or the database does not answer.
    pub async fn new(parts: Parts, stop: CancellationToken) -> Result<Self, NotifyError> {
        let Parts { config, zone_minutes, public_url, db, alerts, changes, owners, places, names, clock } = parts;
        let zone = LocalTime::east(zone_minutes);
        let (book, outbox, inbox) = (Book::load(db.clone()).await?, Outbox::new(db.clone()), Inbox::new(db));
        let (touched, status) = (Touched::default(), Status::default());
        let page = public_url.filter(|url| !url.is_empty()).map(|url| url.trim_end_matches('/').into());
        let post = Arc::new(Post {
            book: book.clone(),
            outbox: outbox.clone(),
            inbox: inbox.clone(),
            sender: Sender::new(&config)?,
            owners: owners.clone(),
            places: places.clone(),
            writer: Writer { names, zone, page },
            clock: clock.clone(),
            patience: Patience {
                first_ms: config.retry_first_ms.into(),
                most_ms: config.retry_most_ms.into(),
                give_up_ms: i64::from(config.give_up_h) * HOUR_MS,
            },
        });
        let at = Reader::place(&outbox, &*alerts, &changes, clock.now_ms()).await?;
        let reader = Reader {
            book: book.clone(),
            outbox: outbox.clone(),
            alerts: alerts.clone(),
            changes: changes.clone(),
            places: places.clone(),
            owners,
            clock: clock.clone(),
            zone,
            touched: touched.clone(),
            at,
            kept: at,
        };
        let keep_ms = i64::from(config.log_days.max(1)) * 24 * HOUR_MS;
        let concurrency = config.concurrency as usize;
        let dispatcher = Dispatcher::new(post.clone(), touched.clone(), status.clone(), concurrency, keep_ms);
        let api = ApiState {
            book,
            outbox,
            inbox,
            post,
            alerts,
            changes,
            places,
            clock,
            touched,
            stop,
            tests: Arc::default(),
        };
        Ok(Self { reader, dispatcher, api, status })
    }

    /// What the routes work on.
    #[must_use]
    pub fn api(&self) -> ApiState {
        self.api.clone()
    }

    /// Knows how deliveries are.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(self.status.clone())
    }

    /// Reads on from both logs whenever `events` has something, and sends.
    pub async fn run(self, events: LatestWins) {
        let stop = self.api.stop;
        tokio::join!(self.reader.run(events, stop.clone()), self.dispatcher.run(stop));
    }
}
