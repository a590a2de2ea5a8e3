use super::client::{Client, Heard};
use super::delivery::{Delivery, Interrupted};
use super::line::Lines;
use super::policy::{BackOff, Obstacle, Verdict};
use super::status::Status;
use super::store::SinkStore;
use super::unproven::{Mark, Unproven};
use crate::domain::Clock;
use crate::journal::Account;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long to wait for a database that refuses.
const REST: Duration = Duration::from_secs(1);
/// A server whose connections end without a word so many times, and nothing is proven between, has that habit.
const MOST_DOUBTS: u32 = 3;

/// What is to be sent next.
pub(super) struct Load {
    /// The lines; there may be none.
    pub(super) lines: Lines,
    /// Where the stream stands when they are through.
    pub(super) mark: Mark,
    /// Whether nothing more waits after them.
    pub(super) all: bool,
    /// How many of them are from the history instead of the journal.
    pub(super) refilled: usize,
}

/// Where a stream's lines come from.
pub(super) trait Source: Send {
    /// What comes next, as soon as there is something; `None` when nothing will follow. After it was dropped unfinished,
    /// [`Source::back_to`] has to be called first.
    fn next(&mut self) -> impl Future<Output = Option<Load>> + Send;

    /// Goes on after `mark`.
    fn back_to(&mut self, mark: Mark);
}

/// Sends what a source has, in order, until it is told to stop. Nothing is lost and nothing waits in memory but one load:
/// what was not taken is still where the source has it from.
pub(super) struct Stream<S> {
    pub(super) source: S,
    pub(super) link: Link,
}

/// A stream's side of the server.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) status: Arc<Status>,
    pub(super) store: SinkStore,
    /// What of the journal is not needed any more is told here.
    pub(super) account: Option<Account>,
    pub(super) unproven: Unproven,
    pub(super) back_off: BackOff,
    /// Lines in a request at most.
    pub(super) batch_lines: usize,
    pub(super) suspicion: Suspicion,
}

/// Why what was acknowledged may be lost.
#[derive(Default)]
pub(super) struct Suspicion {
    /// The server did not answer.
    away: bool,
    /// The connection was gone without a word.
    connected_anew: bool,
    /// How often there was reason to doubt since something was proven.
    doubts: u32,
}

impl Suspicion {
    /// Whether there is reason to doubt, once.
    fn take(&mut self) -> bool {
        let reason = self.away || self.connected_anew && self.doubts < MOST_DOUBTS;
        (self.away, self.connected_anew) = (false, false);
        self.doubts += u32::from(reason);
        reason
    }
}

impl<S: Source> Stream<S> {
    /// Sends until `stop` or until nothing will follow.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        // What is under way when it is to stop is dropped: the cursor stands before it.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        let Self { source, link } = self;
        loop {
            let sure = match next(source, link).await {
                Next::Load(load) => link.deliver(load).await,
                Next::Doubt => false,
                Next::End => break,
            };
            if !sure {
                let mark = link.unproven.doubt();
                tracing::info!(
                    stream = link.status.name,
                    at = mark.at,
                    "InfluxDB may have been started anew: what it may have lost is sent again"
                );
                source.back_to(mark);
            }
        }
    }
}

enum Next {
    Load(Load),
    Doubt,
    End,
}

/// The next load. While there is none, the server is asked whether it still has what it acknowledged.
async fn next(source: &mut impl Source, link: &mut Link) -> Next {
    let mut load = pin!(source.next());
    loop {
        let ask_at = link.unproven.ask_at();
        tokio::select! {
            load = &mut load => break load.map_or(Next::End, Next::Load),
            () = sleep_until(ask_at.unwrap_or_else(Instant::now)), if ask_at.is_some() => {
                if !link.ask().await {
                    break Next::Doubt;
                }
            }
        }
    }
}

impl Link {
    /// Sends a load to its end, however long that takes. Returns whether the server is sure to have it and what was
    /// acknowledged before.
    async fn deliver(&mut self, load: Load) -> bool {
        let mut delivery = Delivery::new(load.lines, self.batch_lines);
        loop {
            let (anew, sent) = delivery.send(&mut self.client, &self.status).await;
            self.suspicion.connected_anew |= anew;
            match sent {
                Ok(()) => break,
                Err(Interrupted { obstacle, words }) => self.wait(obstacle, words).await,
            }
        }
        self.set_aside(&delivery).await;
        let through = delivery.through();
        if !self.sure(through > 1) {
            return false;
        }
        self.status.refilled(load.refilled);
        self.status.sent_to(load.mark.at, load.all);
        let now = Instant::now();
        self.unproven.acknowledged(load.mark, now);
        if let Some(account) = &self.account {
            account.done(load.mark.at.cast_unsigned());
        }
        if through > 0 {
            self.prove(now).await;
        }
        true
    }

    /// Asks the server until it answers whatever it is; what was acknowledged long enough ago is proven by that.
    async fn ask(&mut self) -> bool {
        loop {
            let Heard { answer, connected_anew } = self.client.write("").await;
            self.suspicion.connected_anew |= connected_anew;
            match answer.verdict() {
                Verdict::NotNow(obstacle @ Obstacle::Away) => self.wait(obstacle, answer.words()).await,
                _ => break,
            }
        }
        self.status.there();
        let sure = self.sure(false);
        if sure {
            self.prove(Instant::now()).await;
        }
        sure
    }

    /// Whether the server that answered last has everything that was acknowledged. `more`: some of that is not noted.
    fn sure(&mut self, more: bool) -> bool {
        let suspect = self.suspicion.take();
        !(suspect && (self.unproven.waits() || more && !self.unproven.at_once()))
    }

    async fn prove(&mut self, now: Instant) {
        let Some(mark) = self.unproven.answered(now) else { return };
        self.suspicion.doubts = 0;
        while let Err(error) = self.store.move_cursor(self.status.name, mark).await {
            tracing::warn!(%error, stream = self.status.name, "how far InfluxDB is could not be kept; it is tried again");
            sleep(REST).await;
        }
        if let Some(account) = &self.account {
            account.release(mark.at.cast_unsigned());
        }
    }

    /// Keeps what was refused before anything goes on.
    async fn set_aside(&self, delivery: &Delivery) {
        let Some(first) = delivery.set_aside.first() else { return };
        let (stream, lines) = (self.status.name, &delivery.set_aside);
        while let Err(error) = self.store.set_aside(stream, self.clock.now_ms(), lines).await {
            tracing::warn!(%error, stream, "what InfluxDB refused could not be kept; it is tried again");
            sleep(REST).await;
        }
        self.status.set_aside(lines.len());
        tracing::warn!(
            stream,
            lines = lines.len(),
            reason = first.reason,
            "InfluxDB refused lines: they are set aside"
        );
    }

    async fn wait(&mut self, obstacle: Obstacle, words: String) {
        self.suspicion.away |= obstacle == Obstacle::Away;
        let wait = self.back_off.wait(obstacle, self.status.failures(), rand::random());
        self.status.waits(obstacle, words, wait);
        sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_keep_ending_are_a_habit_and_a_silent_server_never_is() {
        let mut suspicion = Suspicion::default();
        let lost_connection = |suspicion: &mut Suspicion| {
            suspicion.connected_anew = true;
            suspicion.take()
        };
        assert!(!suspicion.take());
        let doubts = (0..10).filter(|_| lost_connection(&mut suspicion)).count();
        assert_eq!(doubts, MOST_DOUBTS as usize);
        suspicion.away = true;
        assert!(lost_connection(&mut suspicion));
        // Something was proven: from there on it counts anew.
        suspicion.doubts = 0;
        assert!(lost_connection(&mut suspicion) && !suspicion.take());
    }
}
