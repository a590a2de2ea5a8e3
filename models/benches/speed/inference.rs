//! CPU and memory of 10,000 distinct networks, each asked in turn in a mixed order, as readings come.

use std::hint::black_box;

use dayi_models::features::FEATURES;
use dayi_models::network::{ComputeDevice, Generator, LEVELS, StateNetwork, Weights};

use super::cpu;

const MODELS: usize = 10_000;

/// CPU of one inference in microseconds, and memory of one network in bytes.
pub struct Cost {
    pub us: f64,
    pub bytes: f64,
}

pub fn packed() -> Cost {
    measure("packed weights", 400, |seed| Box::new(Weights::init(seed)), |weights, row| weights.logits(row))
}

pub fn burn() -> Cost {
    let device = ComputeDevice::default();
    let network = |seed| Box::new(StateNetwork::from_weights(&Weights::init(seed), &device));
    measure("burn module", 20, network, |network, row| network.logits(row))
}

fn measure<N>(
    name: &str,
    rounds: usize,
    network: impl Fn(u64) -> N,
    logits: impl Fn(&N, &[f32; FEATURES]) -> [f32; LEVELS],
) -> Cost {
    let before = cpu::resident();
    let networks: Vec<N> = (0..MODELS as u64).map(network).collect();
    let bytes = (cpu::resident() - before) / MODELS as f64;
    let mut generator = Generator::new(1);
    let rows: Vec<[f32; FEATURES]> = (0..64).map(|_| std::array::from_fn(|_| generator.symmetric(2.0))).collect();
    let mut order: Vec<usize> = (0..MODELS).collect();
    generator.shuffle(&mut order);
    let round = |round: usize| {
        for (i, &at) in order.iter().enumerate() {
            black_box(logits(&networks[at], black_box(&rows[(i + round) % rows.len()])));
        }
    };
    round(0);
    let before = cpu::seconds();
    (0..rounds).for_each(round);
    let us = 1e6 * (cpu::seconds() - before) / (rounds * MODELS) as f64;
    println!("inference, {name}, {MODELS} distinct: {us:.3} us CPU, {bytes:.0} bytes a network");
    Cost { us, bytes }
}
