//! Times, and how they are printed.

use std::time::{Duration, Instant};

/// Prints median, 99th percentile and longest of some durations.
pub fn print(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1_000.0;
    println!("{what:60} p50 {:8.1} ms  p99 {:8.1} ms  longest {:8.1} ms", at(0.5), at(0.99), at(1.0));
}

/// Says how long one thing took.
pub fn once<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    println!("{what:60} {:8.1} s", begun.elapsed().as_secs_f64());
    done
}
