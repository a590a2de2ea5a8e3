use super::listener::{Listened, Manner, listen, offset_now};
use super::plan::FanoutPlan;
use super::verdict::{Crowd, examine};
use crate::live::Heard;
use crate::load::{Load, LoadCounts, sign_up};
use crate::measure::{MeasureError, Sampler, Subject, Tick, VerdictFacts, cores_between};
use crate::verdict::hold;
use serde::Serialize;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How long all may take to connect, and the one that did not read to be brought up to date.
const PATIENCE: Duration = Duration::from_secs(120);
/// After all are connected every instrument gets its first verdict, which is no steady load.
const WARM_UP: Duration = Duration::from_secs(20);
/// What is decided last comes a little later.
const LAST_FRAMES: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Fanned {
    /// What the pages were told.
    pub crowd: Crowd,
    /// What the sensors counted.
    pub counts: LoadCounts,
    /// What became of readings and states, as the first page was told them.
    pub verdict: VerdictFacts,
    /// Seconds over which changes, CPU and memory are told.
    pub window_s: (f64, f64),
    /// Seconds until all pages had their first snapshot.
    pub shown_after_s: f64,
    /// Changes a second in that time.
    pub changes_per_s: f64,
    /// CPU of the server, in cores.
    pub server_cores: f64,
    /// CPU of this process, sensors and pages together.
    pub client_cores: f64,
    /// Memory of the server in MB: before the pages came, with them, at most, and at the end.
    pub rss_mb: [f64; 4],
    /// Second by second.
    pub ticks: Vec<Tick>,
}

impl Fanned {
    /// Whether every promise was kept.
    #[must_use]
    pub fn kept(&self) -> bool {
        self.crowd.kept() && self.verdict.kept
    }
}

/// Starts a server, sensors and pages, and measures.
///
/// # Errors
/// When the server does not start or does not let them in.
pub async fn fan_out(plan: &FanoutPlan, mut told: impl FnMut(&str)) -> Result<Fanned, MeasureError> {
    let load = plan.load();
    let room = (plan.listeners + 100).to_string();
    let mut settings = vec![
        ("DAYI__LIVE__SESSIONS_PER_USER".to_owned(), room.clone()),
        ("DAYI__LIVE__SUBSCRIBES_PER_MINUTE".to_owned(), room),
    ];
    settings.extend(plan.settings.iter().cloned());
    let subject = Subject::start(&plan.program, load.connections + plan.listeners, &settings).await?;
    told("adding instruments");
    let lines = sign_up(&subject.api, &load).await?;
    let before_mb = rss_mb(&subject);
    told("opening pages");
    let (until, wanted) = watch::channel(None);
    let (reads, reading) = watch::channel(false);
    let opening = Instant::now();
    let (shown, mut are_shown) = mpsc::channel(plan.listeners + 1);
    let page = |keeps, reads| -> JoinHandle<Listened> {
        let token = subject.api.token().clone();
        tokio::spawn(listen(subject.api.address, token, Manner { keeps, reads }, wanted.clone(), shown.clone()))
    };
    let first = page(true, None);
    let stalled = page(true, Some(reading));
    let others: Vec<_> = (1..plan.listeners).map(|_| page(false, None)).collect();
    for seen in 0..=plan.listeners {
        let waited = tokio::time::timeout(PATIENCE, are_shown.recv()).await;
        if !matches!(waited, Ok(Some(()))) {
            return Err(MeasureError::NotConnected { connected: seen as u64, wanted: plan.listeners + 1, refused: 0 });
        }
    }
    let shown_after_s = opening.elapsed().as_secs_f64();
    let shown_mb = rss_mb(&subject);
    told("starting sensors");
    let connections = load.connections;
    let sensors = Load::start(load, lines, subject.mqtt)?;
    let begun = sensors.begun();
    let sampler = Sampler::start(subject.pid, sensors.counters().clone(), begun)?;
    if !sensors.all_connected(PATIENCE).await {
        let counts = sensors.counters().now();
        return Err(MeasureError::NotConnected {
            connected: counts.connected,
            wanted: connections,
            refused: counts.refused,
        });
    }
    sleep(WARM_UP).await;
    told("measuring");
    let from = Instant::now();
    sleep(plan.duration).await;
    let to = Instant::now();
    let counts = sensors.counters().now();
    let ledgers = sensors.stop().await;
    let (ticks, _) = sampler.stop().await;
    told("letting the one that did not read catch up");
    sleep(LAST_FRAMES).await;
    reads.send_replace(true);
    let last = offset_now(subject.api.address, subject.api.token()).await.map_err(MeasureError::Live)?;
    until.send_replace(Some(last));
    let mut stalled = stalled;
    let caught_up = tokio::time::timeout(PATIENCE, &mut stalled).await;
    // Who is not there by now is broken off, and what it has is told.
    until.send_replace(Some(u64::MAX));
    let stalled = match caught_up {
        Ok(listened) => listened,
        Err(_) => stalled.await,
    }
    .unwrap_or_default();
    let first = first.await.unwrap_or_default();
    let mut heard = Vec::with_capacity(others.len());
    for other in others {
        heard.push(other.await.unwrap_or_default());
    }
    told("asking what became of everything");
    let verdict = hold(&subject.api, &ledgers, &of(&first), begun).await?;
    let crowd = examine(&first, &heard, &stalled, &verdict.decided, from)?;
    let end_mb = rss_mb(&subject);
    let window_s = (from.duration_since(begun).as_secs_f64(), to.duration_since(begun).as_secs_f64());
    let (server_cores, client_cores) = cores_between(&ticks, window_s.0, window_s.1);
    let most_mb = ticks.iter().map(|tick| tick.server_rss_mb).fold(end_mb, f64::max);
    let within = verdict.decided.values().filter(|at| (from..to).contains(*at)).count();
    subject.stop().await?;
    Ok(Fanned {
        crowd,
        counts,
        verdict: VerdictFacts::from(&verdict),
        window_s,
        shown_after_s,
        changes_per_s: within as f64 / (window_s.1 - window_s.0),
        server_cores,
        client_cores,
        rss_mb: [before_mb, shown_mb, most_mb, end_mb],
        ticks,
    })
}

fn rss_mb(subject: &Subject) -> f64 {
    let used = subject.pid.and_then(|pid| crate::target::used_by(pid).ok());
    used.map_or(0.0, |used| used.rss_bytes as f64 / 1e6)
}

/// What the first page heard, as the verdict wants it.
fn of(first: &Listened) -> Heard {
    let arrivals: std::collections::HashMap<u64, Instant> =
        first.arrivals.iter().map(|arrival| (arrival.offset, arrival.at)).collect();
    let mut heard = Heard { snapshots: first.snapshots, ..Heard::default() };
    for (offset, told) in first.told() {
        match offset.and_then(|offset| arrivals.get(&offset)) {
            Some(at) => heard.changes.extend(told.into_iter().map(|told| (told, *at))),
            None => heard.shown.extend(told),
        }
    }
    heard
}
