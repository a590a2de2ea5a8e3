//! CPU of training.

use std::ops::ControlFlow;
use std::time::Instant;

use dayi_models::network::ComputeDevice;
use dayi_models::training::{TrainingConfig, TrainingSet, train_stacked};

use super::{cpu, data};

/// CPU milliseconds a model for `models` of them; the sets repeat after 64, so that 10,000 fit in memory.
pub fn cpu_ms_a_model(models: usize, config: &TrainingConfig) -> f64 {
    let distinct: Vec<TrainingSet> = (0..models.min(64) as u64).map(|seed| data::set(seed, data::ROWS)).collect();
    let sets: Vec<_> = (0..models).map(|i| (i as u64, &distinct[i % distinct.len()])).collect();
    let (cpu, wall) = (cpu::seconds(), Instant::now());
    let trained = train_stacked(&sets, config, &ComputeDevice::default(), &|_| ControlFlow::Continue(()));
    let (cpu, wall) = (cpu::seconds() - cpu, wall.elapsed().as_secs_f64());
    let right = right_share(&trained, &sets);
    let ms = 1e3 * cpu / models as f64;
    println!(
        "train: {models} models x {} rows x {} epochs, stack {}, threads {}: {ms:.2} ms CPU a model, {wall:.1} s, RSS {:.0} MB, {:.1} % right",
        data::ROWS,
        config.epochs,
        config.stack,
        config.threads,
        cpu::resident() / 1e6,
        100.0 * right
    );
    ms
}

fn right_share(
    trained: &[Result<dayi_models::network::Weights, dayi_models::training::TrainingError>],
    sets: &[(u64, &TrainingSet)],
) -> f64 {
    let (mut right, mut all) = (0, 0);
    for (weights, (_, set)) in trained.iter().zip(sets).take(64) {
        let weights = weights.as_ref().expect("trained");
        for (row, target) in set.rows.iter().zip(&set.targets) {
            let l = weights.logits(row);
            let said = (0..3).fold(0, |best, i| if l[i] > l[best] { i } else { best });
            right += usize::from(said == target.index());
            all += 1;
        }
    }
    f64::from(right as u32) / f64::from(all as u32)
}
