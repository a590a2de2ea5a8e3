//! The same load through a broker that merely forwards it to one subscriber.

use super::dayi::{Script, connected};
use super::error::MeasureError;
use super::outcome::{Outcome, cores_between, described, memory_between};
use super::sampler::Sampler;
use crate::flood::Counter;
use crate::load::{Load, Plan, lay_out};
use crate::report::Times;
use crate::target::Mosquitto;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// A subscriber that got nothing for this long gets nothing more.
const SILENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Loads a broker that has one subscriber. A storm of the script is left out.
///
/// # Errors
/// When the broker does not let the clients in.
pub async fn forward(name: &str, broker: &Mosquitto, plan: &Plan, script: Script) -> Result<Outcome, MeasureError> {
    let subscriber = Counter::subscribe(broker.address, plan.qos).await?;
    let load = Load::start(plan.clone(), lay_out(plan), broker.address)?;
    let begun = load.begun();
    let sampler = Sampler::start(Some(broker.pid()), load.counters().clone(), begun)?;
    connected(&load, plan).await?;
    let window_begin = Instant::now();
    sleep_until(window_begin + script.duration).await;
    let window = (window_begin.duration_since(begun).as_secs_f64(), begun.elapsed().as_secs_f64());
    let counters = load.counters().clone();
    load.stop().await;
    let (ticks, pubacks) = sampler.stop().await;
    all_arrived(&subscriber, counters.now().published).await;
    let (server_cores, client_cores) = cores_between(&ticks, window.0, window.1);
    Ok(Outcome {
        name: name.into(),
        target: "mosquitto".into(),
        load: described(plan),
        wanted_per_s: plan.readings_per_s(),
        sign_up_s: 0.0,
        connected_after_s: window.0,
        window_s: window,
        counts: counters.now(),
        puback: pubacks.as_ref().map(Times::from).unwrap_or_default(),
        to_page: Times::default(),
        server_cores,
        client_cores,
        server_rss_mb: memory_between(&ticks, window.0, window.1),
        storm: None,
        arrived: subscriber.arrived(),
        verdict: None,
        ticks,
    })
}

/// Waits until all `sent` messages arrived, or nothing more comes; when the last one did.
pub(crate) async fn all_arrived(subscriber: &Counter, sent: u64) -> Instant {
    let (mut arrived, mut last) = (subscriber.arrived(), Instant::now());
    while arrived < sent && last.elapsed() < SILENCE {
        sleep(LOOK_EVERY).await;
        let now = subscriber.arrived();
        if now > arrived {
            (arrived, last) = (now, Instant::now());
        }
    }
    last
}
