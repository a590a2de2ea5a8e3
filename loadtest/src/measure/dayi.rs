//! A dayi server under load, and what became of every reading.

use super::error::MeasureError;
use super::outcome::{Outcome, Storm, VerdictFacts, cores_between, described, memory_between};
use super::sampler::Sampler;
use super::subject::Subject;
use crate::live::Subscriber;
use crate::load::{Load, Plan, sign_up};
use crate::report::Times;
use crate::verdict::hold;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long clients may take to connect, beyond their ramp, and a page to be shown something.
const PATIENCE: Duration = Duration::from_secs(120);
/// The server joins changes of 50 ms into a frame: what is decided last comes a little later.
const LAST_FRAME: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What happens once all are connected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Script {
    /// How long the load goes on.
    pub duration: Duration,
    /// When all drop their connections at once; none if it is not before the end.
    pub storm_at: Option<Duration>,
}

/// Adds the plan's instruments to the server, loads it, and asks it about every reading and state.
///
/// # Errors
/// When the server does not answer or does not let the clients in.
pub async fn measure(name: &str, subject: &Subject, plan: &Plan, script: Script) -> Result<Outcome, MeasureError> {
    let signing_up = Instant::now();
    let lines = sign_up(&subject.api, plan).await?;
    let sign_up_s = signing_up.elapsed().as_secs_f64();
    let page = Subscriber::start(subject.api.address, subject.api.token().clone());
    if !page.more_snapshots_than(0, PATIENCE).await {
        tracing::warn!("the server shows a page nothing; what it announces is not heard");
    }
    let load = Load::start(plan.clone(), lines, subject.mqtt)?;
    let begun = load.begun();
    let sampler = Sampler::start(subject.pid, load.counters().clone(), begun)?;
    connected(&load, plan).await?;
    let window_begin = Instant::now();
    let mut storm = None;
    if let Some(at) = script.storm_at.filter(|at| *at < script.duration) {
        sleep_until(window_begin + at).await;
        storm = Some(run_storm(&load).await);
    }
    sleep_until(window_begin + script.duration).await;
    let window = (window_begin.duration_since(begun).as_secs_f64(), begun.elapsed().as_secs_f64());
    let counters = load.counters().clone();
    let ledgers = load.stop().await;
    let (ticks, pubacks) = sampler.stop().await;
    sleep(LAST_FRAME).await;
    let arrived = subject.api.reading_counts().await?.processed;
    let heard = page.stop().await;
    let verdict = hold(&subject.api, &ledgers, &heard, begun).await?;
    let (server_cores, client_cores) = cores_between(&ticks, window.0, window.1);
    Ok(Outcome {
        name: name.into(),
        target: "dayi".into(),
        load: described(plan),
        wanted_per_s: plan.readings_per_s(),
        sign_up_s,
        connected_after_s: window.0,
        window_s: window,
        counts: counters.now(),
        puback: pubacks.as_ref().map(Times::from).unwrap_or_default(),
        to_page: Times::from(&verdict.to_page_us),
        server_cores,
        client_cores,
        server_rss_mb: memory_between(&ticks, window.0, window.1),
        storm,
        arrived,
        verdict: Some(VerdictFacts::from(&verdict)),
        ticks,
    })
}

/// Returns when all clients are connected.
pub(super) async fn connected(load: &Load, plan: &Plan) -> Result<(), MeasureError> {
    if load.all_connected(plan.ramp + PATIENCE).await {
        return Ok(());
    }
    let counts = load.counters().now();
    Err(MeasureError::NotConnected { connected: counts.connected, wanted: plan.connections, refused: counts.refused })
}

/// Lets all drop their connections and waits until they are back.
async fn run_storm(load: &Load) -> Storm {
    let clients = load.counters().now().connected;
    load.storm();
    let until = Instant::now() + PATIENCE;
    while load.counters().returns().len() < clients && Instant::now() < until {
        sleep(LOOK_EVERY).await;
    }
    let returns = load.counters().returns();
    Storm { clients, back: returns.len(), times: Times::from(&returns) }
}
