//! Chunks of instruments, shared out among threads.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::batches::Layout;
use super::config::{Progress, TrainingConfig};
use super::error::TrainingError;
use super::set::TrainingSet;
use super::stacked;
use crate::network::{ComputeDevice, Generator, Weights};

/// Trains a network for each instrument: its own seed and its set. The answers stand in the order of `sets`;
/// an instrument that cannot be trained has its reason and changes nothing for the others.
///
/// `progress` is called after every epoch of a chunk, from several threads; where it breaks, the chunks under
/// way stop after their epoch, and every instrument not done is [`TrainingError::Cancelled`].
pub fn train_stacked(
    sets: &[(u64, &TrainingSet)],
    config: &TrainingConfig,
    device: &ComputeDevice,
    progress: &(dyn Fn(Progress) -> ControlFlow<()> + Sync),
) -> Vec<Result<Weights, TrainingError>> {
    if let Some(problem) = problem(config) {
        return vec![Err(TrainingError::Config(problem)); sets.len()];
    }
    let mut answers: Vec<Result<Weights, TrainingError>> = vec![Err(TrainingError::Cancelled); sets.len()];
    let mut groups: BTreeMap<Layout, Vec<usize>> = BTreeMap::new();
    for (i, &(_, set)) in sets.iter().enumerate() {
        match set.check() {
            Ok(()) => groups.entry(Layout::of(set.rows.len(), config.batch)).or_default().push(i),
            Err(wrong) => answers[i] = Err(wrong),
        }
    }
    let good: usize = groups.values().map(Vec::len).sum();
    let chunks: Vec<(Layout, &[usize])> = groups
        .iter()
        .flat_map(|(&layout, members)| members.chunks(config.stack).map(move |chunk| (layout, chunk)))
        .collect();
    let shared = Shared {
        sets,
        config,
        device,
        progress,
        chunks: &chunks,
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        models: AtomicUsize::new(sets.len() - good),
        epochs: AtomicU64::new(0),
        epochs_total: good as u64 * u64::from(config.epochs),
        answers: Mutex::new(answers),
    };
    thread::scope(|scope| {
        for _ in 1..config.workers(chunks.len()) {
            scope.spawn(|| shared.work());
        }
        shared.work();
    });
    shared.answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn problem(config: &TrainingConfig) -> Option<&'static str> {
    if config.batch == 0 || config.stack == 0 {
        return Some("batch and stack must be at least 1");
    }
    let good = config.learning_rate.is_finite() && config.learning_rate > 0.0;
    (!good).then_some("the learning rate must be a positive number")
}

struct Shared<'a> {
    sets: &'a [(u64, &'a TrainingSet)],
    config: &'a TrainingConfig,
    device: &'a ComputeDevice,
    progress: &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync),
    chunks: &'a [(Layout, &'a [usize])],
    next: AtomicUsize,
    stopped: AtomicBool,
    models: AtomicUsize,
    epochs: AtomicU64,
    epochs_total: u64,
    answers: Mutex<Vec<Result<Weights, TrainingError>>>,
}

impl Shared<'_> {
    fn work(&self) {
        let device = self.device.training();
        while !self.stopped.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&(layout, members)) = self.chunks.get(at) else { return };
            let sets: Vec<(u64, &TrainingSet)> =
                members.iter().map(|&i| (self.seed(self.sets[i].0), self.sets[i].1)).collect();
            let after_epoch = || self.tell(members.len(), 0);
            let train = || stacked::train(&sets, layout, self.config, &device, &after_epoch);
            // burn answers a broken device with a panic; one chunk must not take the others with it.
            let done = catch_unwind(AssertUnwindSafe(train)).unwrap_or_else(|panic| {
                let told = panic.downcast_ref::<String>().cloned();
                let told = told.or_else(|| panic.downcast_ref::<&str>().map(|&s| s.to_owned()));
                vec![Err(TrainingError::Device(told.unwrap_or_default())); members.len()]
            });
            if let Ok(mut answers) = self.answers.lock() {
                members.iter().zip(done).for_each(|(&i, answer)| answers[i] = answer);
            }
            if self.tell(0, members.len()).is_break() {
                return;
            }
        }
    }

    /// Counts what was done and asks whether to go on.
    fn tell(&self, epochs: usize, models: usize) -> ControlFlow<()> {
        let epochs = self.epochs.fetch_add(epochs as u64, Ordering::Relaxed) + epochs as u64;
        let models = self.models.fetch_add(models, Ordering::Relaxed) + models;
        let models_total = self.sets.len();
        let now = Progress { models, models_total, epochs, epochs_total: self.epochs_total };
        if self.stopped.load(Ordering::Relaxed) || (self.progress)(now).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn seed(&self, own: u64) -> u64 {
        Generator::for_purpose(own, self.config.seed).next_u64()
    }
}
