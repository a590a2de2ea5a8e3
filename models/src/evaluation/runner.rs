//! Evaluates methods over traces, in parallel.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::method::Method;
use super::report::{Report, TraceScore};
use super::score::{GAP_MS, score_levels};
use crate::sample::Sample;
use crate::trace::{Trace, TraceError, find};

/// The share of the covered time that calibrates or trains; the rest is judged.
const LEARNED_SHARE: f64 = 0.4;

/// Why an evaluation could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// A trace could not be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// A worker thread died of a panic in a method.
    #[error("a worker of the evaluation panicked")]
    Worker,
}

/// The index of the first judged sample: the samples before it hold the first 40 % of the trace's
/// covered time (gaps count at most [`GAP_MS`]).
#[must_use]
pub fn split(samples: &[Sample]) -> usize {
    let step_ms = |pair: &[Sample]| pair[1].ts_ms.saturating_sub(pair[0].ts_ms).clamp(0, GAP_MS);
    let total_ms: i64 = samples.windows(2).map(step_ms).sum();
    let mut left_ms = (LEARNED_SHARE * total_ms as f64) as i64;
    for (i, pair) in samples.windows(2).enumerate() {
        left_ms -= step_ms(pair);
        if left_ms < 0 {
            return i + 1;
        }
    }
    samples.len()
}

/// Runs every method over every trace of a folder, by name (or over one file). See [`run_files`].
///
/// # Errors
/// As [`run_files`], and when the folder cannot be listed or holds no trace.
pub fn run(path: &Path, methods: &[Box<dyn Method>]) -> Result<Report, EvaluationError> {
    run_files(&find(path)?, methods)
}

/// Runs every method over every file, on all cores, a trace at a time each. Traces come out in the order
/// of the files, methods in the order given.
///
/// # Errors
/// [`EvaluationError`]: a trace that cannot be read, or a method that panicked.
pub fn run_files(files: &[PathBuf], methods: &[Box<dyn Method>]) -> Result<Report, EvaluationError> {
    let started = Instant::now();
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(files.len());
    let parts = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(|| work(files, methods, &next))).collect();
        threads.into_iter().map(|t| t.join().map_err(|_| EvaluationError::Worker)).collect::<Result<Vec<_>, _>>()
    })?;
    let mut done = Vec::with_capacity(files.len());
    for part in parts {
        done.extend(part?);
    }
    done.sort_by_key(|d| d.file);
    let readings = done.iter().map(|d| d.readings).sum();
    let scores = done.into_iter().flat_map(|d| d.scores).collect();
    Ok(Report::new(methods, scores, readings, started.elapsed().as_secs_f64()))
}

/// One trace evaluated: which file it was, how many readings it holds, a score a method.
struct Done {
    file: usize,
    readings: u64,
    scores: Vec<TraceScore>,
}

fn work(files: &[PathBuf], methods: &[Box<dyn Method>], next: &AtomicUsize) -> Result<Vec<Done>, EvaluationError> {
    let mut done = Vec::new();
    loop {
        let file = next.fetch_add(1, Ordering::Relaxed);
        let Some(path) = files.get(file) else { return Ok(done) };
        let trace = Trace::read(path)?;
        let split = split(&trace.samples);
        let scores = methods.iter().map(|method| judge(&trace, split, method.as_ref())).collect();
        done.push(Done { file, readings: trace.samples.len() as u64, scores });
    }
}

fn judge(trace: &Trace, split: usize, method: &dyn Method) -> TraceScore {
    let said = method.levels(trace, split);
    let tally = score_levels(&trace.samples[split..], &trace.labels[split..], &said);
    TraceScore { trace: trace.id.clone(), method: method.name().to_owned(), tally }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_40_percent_of_the_covered_time() {
        let sample = |s: i64| Sample { ts_ms: s * 1_000, current_a: 0.0 };
        let even: Vec<_> = (0..101).map(sample).collect();
        assert_eq!(split(&even), 41);
        // 60 s of a long gap count, so 40 % of 100 s lie inside it.
        let gapped: Vec<_> = (0..21).chain(100_000..100_021).map(sample).collect();
        assert_eq!(split(&gapped), 21);
        assert_eq!(split(&[]), 0);
        assert_eq!(split(&even[..1]), 1);
    }
}
