use super::plan::{BenchPlan, Set};
use super::saturation::{self, Saturation, Shape};
use crate::load::{Plan, Wave};
use crate::measure::{MeasureError, Outcome, Script, Subject, forward, measure};
use crate::mqtt::QoS;
use crate::target::Mosquitto;
use serde::Serialize;
use std::time::Duration;

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Benched {
    /// Mosquitto's version; none when it is not installed, and then there is no comparison.
    pub mosquitto: Option<String>,
    /// How often the two took turns.
    pub rounds: usize,
    /// The floods.
    pub saturation: Vec<Saturation>,
    /// The comparison under a steady load, round by round, both targets.
    pub compared: Vec<Outcome>,
    /// What was measured of dayi alone.
    pub outcomes: Vec<Outcome>,
}

/// Runs the parts one after the other; `told` hears what begins.
///
/// # Errors
/// When a server does not start or does not let the clients in.
pub async fn bench(plan: &BenchPlan, mut told: impl FnMut(&str)) -> Result<Benched, MeasureError> {
    let mosquitto = Mosquitto::version().await;
    let mut benched =
        Benched { mosquitto, rounds: plan.rounds, saturation: vec![], compared: vec![], outcomes: vec![] };
    for set in &plan.sets {
        match set {
            Set::SaturationQos0 => benched.flood(plan, QoS::AtMostOnce, &mut told).await?,
            Set::SaturationQos1 => benched.flood(plan, QoS::AtLeastOnce, &mut told).await?,
            Set::Compare => benched.compare(plan, &mut told).await?,
            Set::Steady | Set::Gateways | Set::Storm | Set::Live => {
                told(set.name());
                benched.outcomes.push(alone(plan, *set).await?);
            }
        }
    }
    Ok(benched)
}

impl Benched {
    async fn flood(&mut self, plan: &BenchPlan, qos: QoS, told: &mut impl FnMut(&str)) -> Result<(), MeasureError> {
        let shape = Shape { qos, connections: plan.scale.flood_connections, duration: plan.scale.flood };
        let number = u8::from(qos == QoS::AtLeastOnce);
        let mut rounds = Saturation { qos: number, connections: shape.connections, dayi: vec![], mosquitto: vec![] };
        for round in 1..=plan.rounds {
            told(&format!("saturation at QoS {number}, round {round}: dayi"));
            rounds.dayi.push(saturation::dayi(&plan.program, &plan.settings, shape).await?);
            if self.mosquitto.is_some() {
                told(&format!("saturation at QoS {number}, round {round}: Mosquitto"));
                rounds.mosquitto.push(saturation::mosquitto(shape).await?);
            }
        }
        self.saturation.push(rounds);
        Ok(())
    }

    async fn compare(&mut self, plan: &BenchPlan, told: &mut impl FnMut(&str)) -> Result<(), MeasureError> {
        let load = Plan { seed: plan.seed, ..Plan::new(plan.scale.connections) };
        let script = Script { duration: plan.scale.compare, storm_at: None };
        for round in 1..=plan.rounds {
            let name = format!("Side by side, round {round}");
            told(&format!("{name}: dayi"));
            let subject = Subject::start(&plan.program, load.connections, &plan.settings).await?;
            self.compared.push(measure(&name, &subject, &load, script).await?);
            subject.stop().await?;
            if self.mosquitto.is_some() {
                told(&format!("{name}: Mosquitto"));
                self.compared.push(forward(&name, &Mosquitto::start().await?, &load, script).await?);
            }
        }
        Ok(())
    }
}

/// A part that is about dayi alone.
async fn alone(plan: &BenchPlan, set: Set) -> Result<Outcome, MeasureError> {
    let scale = plan.scale;
    let steady = Plan { seed: plan.seed, ..Plan::new(scale.connections) };
    let (name, load, duration) = match set {
        Set::Gateways => {
            let (connections, instruments_per_connection) = scale.gateways;
            let load = Plan {
                instruments_per_connection,
                interval: Duration::from_secs(10),
                // A gateway tells of all its instruments once before the clock counts.
                ramp: Duration::from_secs(5),
                seed: plan.seed,
                ..Plan::new(connections)
            };
            ("Gateways", load, scale.gateway)
        }
        Set::Storm => ("Reconnect storm", steady, scale.storm),
        Set::Live => {
            let wave = Wave { seed: plan.seed, half_period_ms: 20_000 };
            ("Changes on the WebSocket", Plan { wave, ..steady }, scale.live)
        }
        _ => ("Steady load", steady, scale.steady),
    };
    let script = Script { duration, storm_at: (set == Set::Storm).then_some(duration / 2) };
    let subject = Subject::start(&plan.program, load.connections, &plan.settings).await?;
    let outcome = measure(name, &subject, &load, script).await?;
    subject.stop().await?;
    Ok(outcome)
}
