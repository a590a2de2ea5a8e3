//! Times, and how they are printed.

use std::time::{Duration, Instant};

/// Prints median, 99th percentile and longest of some durations, and the processor time of one.
pub fn print(what: &str, mut took: Vec<Duration>, cpu_s: f64) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1_000.0;
    let cpu_ms = cpu_s * 1_000.0 / took.len() as f64;
    println!("{what:60} p50 {:6.1} ms  p99 {:6.1}  longest {:6.1}  CPU {cpu_ms:6.1}", at(0.5), at(0.99), at(1.0));
}

/// Says how long one thing took.
pub fn once<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    println!("{what:60} {:8.1} s", begun.elapsed().as_secs_f64());
    done
}

/// User and system time of all threads so far in seconds, as Linux counts it: in steps of 10 ms.
pub fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold spaces; utime and stime are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}
