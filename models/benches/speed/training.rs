//! CPU of training.

use std::ops::ControlFlow;
use std::time::Instant;

use dayi_models::network::{ComputeDevice, Weights};
use dayi_models::training::{TrainingConfig, TrainingError, TrainingSet, train_stacked};

use super::{cpu, data};

/// CPU milliseconds a model.
pub fn cpu_ms_a_model(models: usize, config: &TrainingConfig) -> f64 {
    let distinct = data::sets(models);
    let sets: Vec<_> = (0..models).map(|i| (i as u64, &distinct[i % distinct.len()])).collect();
    let (cpu, wall) = (cpu::seconds(), Instant::now());
    let trained = train_stacked(&sets, config, &ComputeDevice::default(), &|_| ControlFlow::Continue(()));
    let (cpu, wall) = (cpu::seconds() - cpu, wall.elapsed().as_secs_f64());
    let ms = 1e3 * cpu / models as f64;
    println!(
        "training {models} models, {} rows x {} epochs, stack {}: {ms:.2} ms CPU a model ({wall:.1} s, RSS {:.0} MB, {:.1} % right)",
        data::ROWS,
        config.epochs,
        config.stack,
        cpu::resident() / 1e6,
        100.0 * right_share(&trained, &sets)
    );
    ms
}

fn right_share(trained: &[Result<Weights, TrainingError>], sets: &[(u64, &TrainingSet)]) -> f64 {
    let (mut right, mut all) = (0_u32, 0_u32);
    for (weights, (_, set)) in trained.iter().zip(sets) {
        let weights = weights.as_ref().expect("trained");
        for (row, target) in set.rows.iter().zip(&set.targets) {
            let p = weights.posterior(row).expect("finite");
            right += u32::from(p[target.index()] > 0.5);
            all += 1;
        }
    }
    f64::from(right) / f64::from(all)
}
