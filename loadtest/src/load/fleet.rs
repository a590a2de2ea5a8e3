//! All connections at once.

use super::connection::{Connection, Shared};
use super::counters::LoadCounters;
use super::ledger::Ledger;
use super::orders::Orders;
use super::plan::Plan;
use crate::mqtt::Secret;
use crate::simulator::Dialect;
use crate::target::{Api, Credentials, NewInstrument, TargetError};
use futures::{StreamExt, TryStreamExt, stream};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Requests under way while instruments are added.
const AT_ONCE: usize = 4;
/// How often the connections are counted while somebody waits for them.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How far back a clock that does not follow the time begins: as old as the server believes, with a day to spare.
const STEPPED_BEGIN_MS: i64 = 30 * 24 * 3600 * 1000;

/// One connection: who it is and what it reports for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says in CONNECT.
    pub credentials: Credentials,
    /// Its instruments.
    pub instruments: Vec<String>,
    /// What it speaks.
    pub dialect: Dialect,
}

/// The lines of a plan as a server without accounts takes them.
#[must_use]
pub fn lay_out(plan: &Plan) -> Vec<Line> {
    let line = |connection: usize| {
        let per = plan.instruments_per_connection;
        let instruments: Vec<String> = (0..per).map(|n| format!("lt-{:06}", connection * per + n)).collect();
        let client_id = match instruments.as_slice() {
            [one] => one.clone(),
            _ => format!("gw-{connection:05}"),
        };
        let credentials = Credentials { client_id, token: Secret::new("none") };
        Line { credentials, instruments, dialect: plan.dialect(connection) }
    };
    (0..plan.connections).map(line).collect()
}

/// Adds a plan's instruments to a server, and returns its lines with their credentials.
///
/// # Errors
/// When the server does not do it.
pub async fn sign_up(api: &Api, plan: &Plan) -> Result<Vec<Line>, TargetError> {
    let mut lines = lay_out(plan);
    let new = |line: &Line| -> Vec<NewInstrument> {
        line.instruments.iter().map(|id| NewInstrument { id: id.clone(), dialect: line.dialect.name() }).collect()
    };
    let credentials: Vec<Credentials> = if plan.instruments_per_connection == 1 {
        api.add(None, &lines.iter().flat_map(new).collect::<Vec<_>>()).await?
    } else {
        let gateways: Vec<_> = lines.iter().map(|line| (line.credentials.client_id.clone(), new(line))).collect();
        let added = gateways.into_iter().map(|(id, instruments)| async move { api.add(Some(&id), &instruments).await });
        stream::iter(added).buffered(AT_ONCE).try_concat().await?
    };
    for (line, credentials) in lines.iter_mut().zip(credentials) {
        line.credentials = credentials;
    }
    Ok(lines)
}

/// Sensors at work. Dropping it ends them without goodbye.
pub struct Load {
    shared: Arc<Shared>,
    orders: watch::Sender<Orders>,
    connections: JoinSet<Vec<Ledger>>,
}

impl Load {
    /// Starts a task for each line.
    ///
    /// # Errors
    /// Never in practice: only when a histogram cannot be made.
    pub fn start(plan: Plan, lines: Vec<Line>, server: SocketAddr) -> Result<Self, hdrhistogram::CreationError> {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        let begun_ms = if plan.clock_step_ms.is_some() { now_ms - STEPPED_BEGIN_MS } else { now_ms };
        let shared =
            Arc::new(Shared { plan, counters: Arc::new(LoadCounters::new()?), begun: Instant::now(), begun_ms });
        let first = Orders { server: Some(server), storms: 0, stop: false };
        let (orders, seen) = watch::channel(first);
        let mut connections = JoinSet::new();
        for (number, line) in lines.into_iter().enumerate() {
            connections.spawn(Connection::new(number, line, seen.clone(), shared.clone()).run());
        }
        Ok(Self { shared, orders, connections })
    }

    /// What the connections count.
    #[must_use]
    pub fn counters(&self) -> &Arc<LoadCounters> {
        &self.shared.counters
    }

    /// When it began: ledgers count from here.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.shared.begun
    }

    /// Returns when all are connected, or after `patience`; whether they are. Those that are refused do not count.
    pub async fn all_connected(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            let counts = self.counters().now();
            if counts.connected + counts.refused >= self.shared.plan.connections as u64 {
                return counts.refused == 0;
            }
            if Instant::now() > until {
                return false;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Tells all to drop their connections, without goodbye, and to come back at once.
    pub fn storm(&self) {
        self.orders.send_modify(|orders| orders.storms += 1);
    }

    /// Where the server is from now on; `None` while it is away.
    pub fn server_is_at(&self, server: Option<SocketAddr>) {
        self.orders.send_modify(|orders| orders.server = server);
    }

    /// Lets all get their acknowledgements and say goodbye, and returns what they sent.
    pub async fn stop(mut self) -> Vec<Ledger> {
        self.orders.send_modify(|orders| orders.stop = true);
        let mut ledgers = Vec::with_capacity(self.shared.plan.instruments());
        while let Some(ended) = self.connections.join_next().await {
            match ended {
                Ok(of_one) => ledgers.extend(of_one),
                Err(error) => tracing::error!(%error, "a client ended with an error; its readings are not checked"),
            }
        }
        ledgers.sort_by(|a, b| a.instrument.cmp(&b.instrument));
        ledgers
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("counts", &self.counters().now()).finish_non_exhaustive()
    }
}
