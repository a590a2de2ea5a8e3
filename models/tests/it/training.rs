//! Training from outside: an instrument's weights depend on nothing but its own seed and rows.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use dayi_models::Level;
use dayi_models::features::FEATURES;
use dayi_models::network::{ComputeDevice, Generator, Weights};
use dayi_models::training::{Progress, TrainingConfig, TrainingError, TrainingSet, train_stacked};

type Answers = Vec<Result<Weights, TrainingError>>;

/// Levels that lie apart along every feature.
fn set(seed: u64, rows: usize, levels: &[Level]) -> TrainingSet {
    let mut generator = Generator::new(seed);
    let (mut features, mut targets) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let level = levels[generator.below(levels.len() as u32) as usize];
        let centre = level.index() as f32 - 1.0;
        features.push(std::array::from_fn(|_| centre + generator.symmetric(0.7)));
        targets.push(level);
    }
    TrainingSet::balanced(features, targets)
}

fn config(stack: usize, threads: usize) -> TrainingConfig {
    TrainingConfig { epochs: 4, batch: 50, stack, threads, ..TrainingConfig::default() }
}

fn train(sets: &[TrainingSet], config: &TrainingConfig) -> Answers {
    let sets: Vec<_> = sets.iter().enumerate().map(|(i, s)| (100 + i as u64, s)).collect();
    train_stacked(&sets, config, &ComputeDevice::default(), &|_| ControlFlow::Continue(()))
}

/// Sets of several lengths: some share a layout, some do not.
fn unequal() -> Vec<TrainingSet> {
    [150, 149, 131, 150, 20, 1, 150, 101].iter().zip(0..).map(|(&n, seed)| set(seed, n, &Level::ALL)).collect()
}

fn bits(answers: &Answers) -> Vec<Vec<u32>> {
    answers.iter().map(|a| a.as_ref().unwrap().as_slice().iter().map(|w| w.to_bits()).collect()).collect()
}

#[test]
fn stack_and_threads_change_no_bit() {
    let sets = unequal();
    let reference = bits(&train(&sets, &config(1, 1)));
    for (stack, threads) in [(2, 1), (3, 2), (16, 1), (64, 4)] {
        assert_eq!(bits(&train(&sets, &config(stack, threads))), reference, "stack {stack}, threads {threads}");
    }
    let other = TrainingConfig { seed: 1, ..config(16, 1) };
    assert_ne!(bits(&train(&sets, &other)), reference);
}

#[test]
fn others_who_draw_random_numbers_change_no_bit() {
    let sets = unequal();
    let reference = bits(&train(&sets, &config(16, 1)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let noise = unequal();
            while !done.load(Ordering::Relaxed) {
                train(&noise[..2], &TrainingConfig { epochs: 1, seed: 9, ..config(2, 1) });
            }
        });
        for _ in 0..3 {
            assert_eq!(bits(&train(&sets, &config(4, 2))), reference);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_broken_instrument_fails_alone() {
    let good = unequal();
    let reference = bits(&train(&good, &config(16, 1)));
    let mut sets = good.clone();
    sets[0].rows[7][3] = f32::NAN;
    sets[3].rows.iter_mut().for_each(|r| *r = [f32::MAX; FEATURES]);
    sets[6] = TrainingSet::default();
    let answers = train(&sets, &config(16, 1));
    assert_eq!(answers[0], Err(TrainingError::Feature { row: 7, feature: 3 }));
    assert_eq!(answers[3], Err(TrainingError::Diverged));
    assert_eq!(answers[6], Err(TrainingError::Empty));
    for i in [1, 2, 4, 5, 7] {
        let weights = answers[i].as_ref().unwrap();
        assert_eq!(weights.as_slice().iter().map(|w| w.to_bits()).collect::<Vec<_>>(), reference[i], "instrument {i}");
    }
}

#[test]
fn levels_that_lie_apart_are_learned() {
    let set = set(1, 600, &Level::ALL);
    let config = TrainingConfig { batch: 100, ..TrainingConfig::default() };
    let weights = train(std::slice::from_ref(&set), &config).remove(0).unwrap();
    let right = set.rows.iter().zip(&set.targets).filter(|(row, target)| {
        let p = weights.posterior(row).unwrap();
        p[target.index()] > 0.5
    });
    assert!(right.count() >= 594);
}

#[test]
fn one_level_alone_is_learned_too() {
    let only_on = set(1, 200, &[Level::On]);
    let weights = train(&[only_on], &TrainingConfig::default()).remove(0).unwrap();
    assert!(weights.posterior(&[1.0; FEATURES]).unwrap()[Level::On.index()] > 0.9);
}

#[test]
fn a_rare_level_counts_as_much_as_a_frequent_one() {
    let mut rows = set(1, 500, &[Level::Off]).rows;
    rows.extend(set(2, 8, &[Level::On]).rows);
    let targets = (0..508).map(|i| if i < 500 { Level::Off } else { Level::On }).collect();
    let weights = train(&[TrainingSet::balanced(rows, targets)], &TrainingConfig::default()).remove(0).unwrap();
    assert!(weights.posterior(&[1.0; FEATURES]).unwrap()[Level::On.index()] > 0.5);
}

#[test]
fn progress_counts_up_and_can_stop() {
    let sets = unequal();
    let sets: Vec<_> = sets.iter().map(|s| (1, s)).collect();
    let seen = Mutex::new(Vec::<Progress>::new());
    let follow = |p: Progress| {
        seen.lock().unwrap().push(p);
        ControlFlow::Continue(())
    };
    train_stacked(&sets, &config(2, 1), &ComputeDevice::default(), &follow);
    let seen = seen.into_inner().unwrap();
    let last = seen.last().unwrap();
    assert_eq!((last.models, last.epochs), (8, 32));
    assert_eq!((last.models_total, last.epochs_total), (8, 32));
    assert!(seen.is_sorted_by_key(|p| (p.epochs, p.models)));

    let stop = |p: Progress| if p.models >= 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let answers = train_stacked(&sets, &config(2, 2), &ComputeDevice::default(), &stop);
    assert!(answers.iter().any(Result::is_ok));
    assert!(answers.contains(&Err(TrainingError::Cancelled)));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let sets = [set(1, 10, &Level::ALL)];
    for wrong in [config(0, 1), TrainingConfig { batch: 0, ..config(1, 1) }] {
        assert!(matches!(train(&sets, &wrong)[0], Err(TrainingError::Config(_))));
    }
    let wrong = TrainingConfig { learning_rate: f64::NAN, ..config(1, 1) };
    assert!(matches!(train(&sets, &wrong)[0], Err(TrainingError::Config(_))));
    assert!(train(&[], &config(1, 1)).is_empty());
}
