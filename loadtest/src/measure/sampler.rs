//! Once a second: what the server and we use, and what the clients counted.

use crate::load::{LoadCounters, LoadCounts, times};
use crate::target::{ProcessUse, used_by, used_by_us};
use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const EVERY: Duration = Duration::from_secs(1);

/// One second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tick {
    /// Seconds since the load began.
    pub after_s: f64,
    /// CPU seconds of the server so far; 0 where its process is not known.
    pub server_cpu_s: f64,
    /// Memory of the server in MB.
    pub server_rss_mb: f64,
    /// CPU seconds of this process so far.
    pub client_cpu_s: f64,
    /// What the clients counted so far.
    pub counts: LoadCounts,
    /// From PUBLISH to PUBACK, milliseconds, over the last second: median.
    pub puback_p50_ms: f64,
    /// The same: 99th percentile.
    pub puback_p99_ms: f64,
    /// The same: the longest.
    pub puback_max_ms: f64,
}

/// Looks once a second until it is stopped.
#[derive(Debug)]
pub struct Sampler {
    stop: oneshot::Sender<()>,
    task: JoinHandle<(Vec<Tick>, Histogram<u64>)>,
}

impl Sampler {
    /// Starts to look at the process `server`, if it is known, and at what the clients count; `begun` is second 0.
    ///
    /// # Errors
    /// Never in practice.
    pub fn start(server: Option<u32>, counters: Arc<LoadCounters>, begun: Instant) -> Result<Self, CreationError> {
        let total = times()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(look(server, counters, begun, total, stopped));
        Ok(Self { stop, task })
    }

    /// Every second, and the times from PUBLISH to PUBACK over all.
    pub async fn stop(self) -> (Vec<Tick>, Option<Histogram<u64>>) {
        // It ends only when it is told to.
        let _ = self.stop.send(());
        self.task.await.map_or((Vec::new(), None), |(ticks, times)| (ticks, Some(times)))
    }
}

async fn look(
    server: Option<u32>,
    counters: Arc<LoadCounters>,
    begun: Instant,
    mut total: Histogram<u64>,
    mut stopped: oneshot::Receiver<()>,
) -> (Vec<Tick>, Histogram<u64>) {
    let mut ticks = Vec::new();
    let mut clock = interval_at(Instant::now(), EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let last = tokio::select! {
            biased;
            _ = &mut stopped => true,
            _ = clock.tick() => false,
        };
        let used: ProcessUse = server.and_then(|pid| used_by(pid).ok()).unwrap_or_default();
        let ours = used_by_us().unwrap_or_default();
        let mut tick = Tick {
            after_s: begun.elapsed().as_secs_f64(),
            server_cpu_s: used.cpu_s,
            server_rss_mb: used.rss_bytes as f64 / 1e6,
            client_cpu_s: ours.cpu_s,
            counts: counters.now(),
            ..Tick::default()
        };
        if let Some(times) = counters.take_pubacks(&mut total) {
            let ms = |share: f64| times.value_at_quantile(share) as f64 / 1e3;
            (tick.puback_p50_ms, tick.puback_p99_ms, tick.puback_max_ms) = (ms(0.5), ms(0.99), ms(1.0));
        }
        ticks.push(tick);
        if last {
            return (ticks, total);
        }
    }
}
