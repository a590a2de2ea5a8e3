use super::line::Lines;
use super::port::TagPort;
use super::status::Status;
use super::stream::{Load, Source};
use super::unproven::Mark;
use crate::bus::LatestWins;
use crate::history::Changes;
use futures::FutureExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How long to wait for a database that does not answer.
const REST: Duration = Duration::from_secs(1);

/// Every state change, from the log of changes.
pub(super) struct States {
    pub(super) changes: Changes,
    pub(super) tags: Arc<dyn TagPort>,
    /// Wakes it; what it says is read from the log.
    pub(super) events: LatestWins,
    pub(super) status: Arc<Status>,
    /// The last change that was given out.
    pub(super) number: i64,
    /// Changes in a load at most.
    pub(super) most: u32,
    /// How long changes wait for others.
    pub(super) moment: Duration,
}

impl States {
    /// Returns a moment after something happened.
    async fn woken(&mut self) {
        self.events.next().await;
        sleep(self.moment).await;
        while self.events.next().now_or_never().is_some() {}
    }
}

impl Source for States {
    async fn next(&mut self) -> Option<Load> {
        loop {
            let found = match self.changes.after(self.number, self.most).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "state changes could not be read for InfluxDB; they are read again");
                    sleep(REST).await;
                    continue;
                }
            };
            let (Some(oldest), Some(newest)) = (found.first(), found.last()) else {
                self.status.sent_to(self.number, true);
                self.woken().await;
                continue;
            };
            self.status.takes(oldest.transition.decided_ms);
            let mut lines = Lines::default();
            for change in &found {
                lines.push_state(&change.transition, &self.tags.tags(&change.transition.instrument));
            }
            self.number = newest.number;
            let mark = Mark { at: newest.number, at_ms: newest.transition.decided_ms };
            return Some(Load { lines, mark, all: found.len() < self.most as usize, refilled: 0 });
        }
    }

    fn back_to(&mut self, mark: Mark) {
        self.number = mark.at;
    }
}
