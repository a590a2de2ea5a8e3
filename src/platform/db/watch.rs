//! The claim on a PostgreSQL database, and whether the database answers.
//!
//! The claim is an advisory lock of a connection that does nothing else. When the connection is lost the database is away,
//! or was; it is claimed again as soon as it answers. If another server has it then, this one has no business there any more.

use super::DbError;
use super::postgres::{self, Address};
use sea_orm::sqlx::{Connection, PgConnection};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How often the connection is tried.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// How a server stands with its database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It answers, and is this server's.
    #[default]
    Ours,
    /// It does not answer, for this reason; that may pass.
    Away(String),
    /// Another server took it.
    Lost,
}

/// The claim and who looks after it. The claim ends with this.
pub(super) struct Watch {
    standing: watch::Receiver<Standing>,
    stop: DropGuard,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Watch {
    /// Claims the database.
    pub(super) async fn start(address: Address) -> Result<Self, DbError> {
        let connection = claimed(&address).await?;
        let (tell, standing) = watch::channel(Standing::Ours);
        let stop = CancellationToken::new();
        let task = tokio::spawn(look_after(connection, address, tell, stop.clone()));
        Ok(Self { standing, stop: stop.drop_guard(), task: Mutex::new(Some(task)) })
    }

    pub(super) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// Gives the database back.
    pub(super) async fn close(&self) {
        self.stop.token().cancel();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn claimed(address: &Address) -> Result<PgConnection, DbError> {
    let mut connection = address.connect().await?;
    match postgres::claim(&mut connection).await {
        Ok(true) => Ok(connection),
        Ok(false) => {
            postgres::close(connection).await;
            Err(DbError::Claimed { place: address.to_string() })
        }
        Err(error) => Err(DbError::Unreachable { place: address.to_string(), why: error.to_string() }),
    }
}

async fn look_after(
    connection: PgConnection,
    address: Address,
    tell: watch::Sender<Standing>,
    stop: CancellationToken,
) {
    let mut held = Some(connection);
    while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
        let Some(standing) = stop.run_until_cancelled(look(&mut held, &address)).await else { break };
        let before = tell.send_replace(standing.clone());
        match (&before, &standing) {
            (Standing::Ours, Standing::Away(why)) => {
                tracing::error!(why, "the database is away: readings wait in the journal");
            }
            (Standing::Away(_), Standing::Ours) => tracing::info!("the database is back"),
            (_, Standing::Lost) => return tracing::error!("another dayi has the database"),
            _ => {}
        }
    }
    if let Some(connection) = held {
        postgres::close(connection).await;
    }
}

/// Asks the connection whether it lives, and makes another if not.
async fn look(held: &mut Option<PgConnection>, address: &Address) -> Standing {
    // Taken out meanwhile: a connection whose answer did not come is of no further use.
    if let Some(mut connection) = held.take()
        && matches!(timeout(ANSWER, connection.ping()).await, Ok(Ok(())))
    {
        *held = Some(connection);
        return Standing::Ours;
    }
    match timeout(ANSWER, claimed(address)).await {
        Ok(Ok(connection)) => {
            *held = Some(connection);
            Standing::Ours
        }
        Ok(Err(DbError::Claimed { .. })) => Standing::Lost,
        Ok(Err(error)) => Standing::Away(error.to_string()),
        Err(_) => Standing::Away(format!("the database {address} takes too long to answer")),
    }
}
