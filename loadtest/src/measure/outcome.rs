use super::sampler::Tick;
use crate::load::{LoadCounts, Plan};
use crate::report::Times;
use crate::verdict::{ReadingFate, StateFate, Verdict};
use serde::Serialize;

/// What a measurement found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// What was measured, for a heading.
    pub name: String,
    /// Against what: `dayi` or `mosquitto`.
    pub target: String,
    /// The load, in words.
    pub load: String,
    /// Readings a second that the load should bring.
    pub wanted_per_s: f64,
    /// Seconds it took to add the instruments.
    pub sign_up_s: f64,
    /// Seconds from the first connection until all were there.
    pub connected_after_s: f64,
    /// The seconds over which CPU and memory are told: all are connected and none has left.
    pub window_s: (f64, f64),
    /// What the clients counted in the end.
    pub counts: LoadCounts,
    /// From PUBLISH to PUBACK, also while connecting and in storms.
    pub puback: Times,
    /// From the publish of the reading that decided a change to the change on the WebSocket.
    pub to_page: Times,
    /// CPU of the server in cores, mean over the window.
    pub server_cores: f64,
    /// CPU of this process in cores, mean over the window.
    pub client_cores: f64,
    /// Memory of the server in MB at the window's beginning and end.
    pub server_rss_mb: (f64, f64),
    /// The reconnect storm, if there was one.
    pub storm: Option<Storm>,
    /// Messages that arrived at the broker's subscriber; at dayi, readings worked through.
    pub arrived: u64,
    /// What became of every reading and state; none at a broker.
    pub verdict: Option<VerdictFacts>,
    /// Second by second.
    pub ticks: Vec<Tick>,
}

/// How a reconnect storm went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Storm {
    /// Clients that dropped their connections at once.
    pub clients: u64,
    /// Clients that were back in time.
    pub back: u64,
    /// From the order to drop to each client's CONNACK.
    pub times: Times,
}

/// A verdict as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VerdictFacts {
    /// Whether no promise was broken.
    pub kept: bool,
    /// Instruments that were looked at.
    pub instruments: u64,
    /// Their readings.
    pub readings: ReadingFate,
    /// Their states.
    pub states: StateFate,
    /// What is wrong, the first lines.
    pub wrong: Vec<String>,
}

impl From<&Verdict> for VerdictFacts {
    fn from(verdict: &Verdict) -> Self {
        Self {
            kept: verdict.kept(),
            instruments: verdict.instruments,
            readings: verdict.readings,
            states: verdict.states,
            wrong: verdict.wrong.clone(),
        }
    }
}

/// The load in words.
pub(super) fn described(plan: &Plan) -> String {
    use crate::mqtt::QoS;
    let mut dialects: Vec<&str> = plan.dialects.iter().map(|dialect| dialect.name()).collect();
    dialects.sort_unstable();
    dialects.dedup();
    format!(
        "{} connections × {} instruments, one reading in {} s an instrument, QoS {}, dialect {}, connecting over {:.0} s, seed {}",
        plan.connections,
        plan.instruments_per_connection,
        plan.interval.as_secs_f64(),
        u8::from(plan.qos == QoS::AtLeastOnce),
        dialects.join(" and "),
        plan.ramp.as_secs_f64(),
        plan.seed
    )
}

/// Mean use of CPU in cores between two moments: of the server and of us.
#[must_use]
pub fn cores_between(ticks: &[Tick], from_s: f64, to_s: f64) -> (f64, f64) {
    let mut within = ticks.iter().filter(|tick| (from_s..=to_s).contains(&tick.after_s));
    let (Some(first), Some(last)) = (within.next(), within.next_back()) else { return (0.0, 0.0) };
    let seconds = last.after_s - first.after_s;
    ((last.server_cpu_s - first.server_cpu_s) / seconds, (last.client_cpu_s - first.client_cpu_s) / seconds)
}

/// Memory of the server at the window's beginning and end.
pub(super) fn memory_between(ticks: &[Tick], from_s: f64, to_s: f64) -> (f64, f64) {
    let mut within = ticks.iter().filter(|tick| (from_s..=to_s).contains(&tick.after_s));
    let first = within.next().map_or(0.0, |tick| tick.server_rss_mb);
    (first, within.next_back().map_or(first, |tick| tick.server_rss_mb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_and_memory_are_those_of_the_window() {
        let tick = |second: u32| Tick {
            after_s: f64::from(second),
            server_cpu_s: f64::from(second.saturating_sub(5)) / 2.0,
            client_cpu_s: f64::from(second) / 4.0,
            server_rss_mb: f64::from(100 + second),
            ..Tick::default()
        };
        let ticks: Vec<Tick> = (0..20).map(tick).collect();
        assert_eq!(cores_between(&ticks, 5.0, 15.0), (0.5, 0.25));
        assert_eq!(memory_between(&ticks, 5.0, 15.0), (105.0, 115.0));
        assert_eq!(cores_between(&ticks, 30.0, 40.0), (0.0, 0.0));
    }
}
