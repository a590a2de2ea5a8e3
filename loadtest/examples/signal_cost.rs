//! Measures what the simulated currents of 10,000 instruments cost, and shows what the province does over a day.
//!
//! `cargo run --release -p dayi-loadtest --example signal_cost`

use dayi_loadtest::fleet::Fleet;
use dayi_loadtest::signal::{Signal, TrueState};
use std::time::Instant;

/// 2025-06-11, a Wednesday, 00:00 in Shanghai.
const WEDNESDAY_MS: i64 = 1_749_571_200_000;
const SECONDS: i64 = 120;

fn main() {
    let begun = Instant::now();
    let fleet = Fleet::generate(1, 10_000);
    println!("fleet of {}: {:.0} ms", fleet.instruments.len(), begun.elapsed().as_secs_f64() * 1e3);
    println!("a signal: {} bytes", size_of::<Signal>());
    for (activity, name) in [(0.0, "natural"), (1.0, "demo")] {
        for hour in [3, 9, 10, 12, 15, 20] {
            show(&fleet, activity, name, hour);
        }
    }
}

fn show(fleet: &Fleet, activity: f32, name: &str, hour: i64) {
    let from_ms = WEDNESDAY_MS + hour * 3_600_000;
    let mut signals: Vec<Signal> = fleet.instruments.iter().map(|i| Signal::with_activity(i, 1, activity)).collect();
    let begun = Instant::now();
    let first: Vec<_> = signals.iter_mut().map(|signal| seen(signal, from_ms)).collect();
    let first_ms = begun.elapsed().as_secs_f64() * 1e3;

    let mut last = first;
    let mut changes = 0;
    let begun = Instant::now();
    for second in 1..=SECONDS {
        for (signal, last) in signals.iter_mut().zip(&mut last) {
            let now = seen(signal, from_ms + second * 1_000);
            changes += usize::from(now != *last);
            *last = now;
        }
    }
    let cost_s = begun.elapsed().as_secs_f64();
    let share = |state| last.iter().filter(|seen| **seen == Some(state)).count() as f64 / last.len() as f64 * 100.0;
    println!(
        "{name} {hour:02}:00  {:.0} ns a reading = {:.2} % of a core, first {first_ms:.0} ms; {:.1} changes/s; on {:.0} % standby {:.0} % off {:.0} %, lost {:.1} %",
        cost_s * 1e9 / (SECONDS as f64 * last.len() as f64),
        cost_s / SECONDS as f64 * 100.0,
        changes as f64 / SECONDS as f64,
        share(TrueState::On),
        share(TrueState::Standby),
        share(TrueState::Off),
        last.iter().filter(|seen| seen.is_none()).count() as f64 / last.len() as f64 * 100.0,
    );
}

/// What an observer of the readings could know: the state, `None` while the sensor is lost.
fn seen(signal: &mut Signal, ts_ms: i64) -> Option<TrueState> {
    signal.at(ts_ms).and_then(|current_a| {
        std::hint::black_box(current_a);
        signal.truth()
    })
}
