use super::client::{Client, InfluxError};
use super::delivery::Delivery;
use super::line::Lines;
use super::sink::{READINGS, STATES};
use super::status::{Standing, Status};
use super::store::{Kept, SinkStore};
use crate::domain::Clock;
use crate::history::Changes;
use crate::journal::Account;
use crate::platform::config::InfluxConfig;
use sea_orm::DbErr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Knows how the sink is, and sends once more what was set aside. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(super) watched: Arc<[Watched]>,
    pub(super) clock: Arc<dyn Clock>,
    store: SinkStore,
    again: Arc<Again>,
}

/// One of the streams.
pub(super) struct Watched {
    pub(super) status: Arc<Status>,
    pub(super) kind: Kind,
}

/// What a stream's place counts.
pub(super) enum Kind {
    /// State changes.
    Changes(Changes),
    /// Bytes of the journal.
    Bytes(Account),
}

/// What sends lines once more, one request for it after the other.
struct Again {
    client: Mutex<Client>,
    status: Status,
    most: usize,
}

/// What came of sending lines once more.
#[derive(Default)]
pub(super) struct Sent {
    /// Lines that were taken.
    pub(super) taken: usize,
    /// Lines that were refused again.
    pub(super) refused: usize,
    /// Lines that were not tried.
    pub(super) left: usize,
    /// Why not.
    pub(super) why: Option<String>,
}

impl Handle {
    pub(super) fn new(
        config: &InfluxConfig,
        clock: Arc<dyn Clock>,
        store: SinkStore,
        watched: Vec<Watched>,
    ) -> Result<Self, InfluxError> {
        let again = Again {
            client: Mutex::new(Client::new(config, clock.clone())?),
            status: Status::new("set-aside", clock.clone()),
            most: config.batch_lines.max(1) as usize,
        };
        Ok(Self { watched: watched.into(), clock, store, again: Arc::new(again) })
    }

    /// What is wrong, in words for a person.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.watched.iter().filter_map(|stream| stream.status.problem()).collect()
    }

    /// Whether anything waits to be sent.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.watched.iter().any(|stream| match &stream.kind {
            Kind::Changes(_) => stream.status.standing().oldest_ms.is_some(),
            Kind::Bytes(account) => account.journal_end().cast_signed() != stream.status.standing().sent_to,
        })
    }

    pub(super) async fn tell_metrics(&self) {
        for stream in &*self.watched {
            let name = stream.status.name;
            metrics::gauge!("dayi_influx_lag_seconds", "stream" => name).set(stream.status.lag_s() as f64);
            match stream.behind(&stream.status.standing()).await {
                Ok(behind) => match stream.kind {
                    Kind::Changes(_) => metrics::gauge!("dayi_influx_lag_changes").set(behind as f64),
                    Kind::Bytes(_) => metrics::gauge!("dayi_influx_lag_bytes").set(behind as f64),
                },
                Err(error) => tracing::warn!(%error, "how far behind InfluxDB is is not known"),
            }
        }
    }

    /// Sends every line that was set aside once more. Those that are taken are forgotten, and with them the notes that say
    /// only that a line of many was left out.
    pub(super) async fn send_again(&self) -> Result<Sent, DbErr> {
        let mut client = self.again.client.lock().await;
        let mut sent = Sent::default();
        for stream in [STATES, READINGS] {
            let (rows, notes): (Vec<Kept>, Vec<Kept>) =
                self.store.all_of(stream).await?.into_iter().partition(|row| !row.line.is_empty());
            self.store.forget(&notes).await?;
            let mut lines = Lines::default();
            rows.iter().for_each(|row| lines.push(&row.line));
            let mut delivery = Delivery::new(lines, self.again.most);
            if let (_, Err(interrupted)) = delivery.send(&mut client, &self.again.status).await {
                sent.why = Some(interrupted.words);
            }
            // Those that are refused again take their own place.
            self.store.set_aside(stream, self.clock.now_ms(), &delivery.set_aside).await?;
            let through = rows.len() - delivery.left();
            self.store.forget(&rows[..through]).await?;
            sent.taken += through - delivery.set_aside.len();
            sent.refused += delivery.set_aside.len();
            sent.left += delivery.left();
        }
        Ok(sent)
    }
}

impl Watched {
    /// By how many changes, or bytes of the journal, it is behind.
    pub(super) async fn behind(&self, standing: &Standing) -> Result<u64, DbErr> {
        let end = match &self.kind {
            Kind::Changes(changes) => changes.last().await?,
            Kind::Bytes(account) => account.journal_end().cast_signed(),
        };
        Ok(u64::try_from(end - standing.sent_to).unwrap_or(0))
    }
}
