//! What questions about the past cost, and what keeping it costs, on data of a province's size in a temporary folder.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "a program to measure with")]

#[path = "history/figures.rs"]
mod figures;
#[path = "history/hours.rs"]
mod hours;
#[path = "history/readings.rs"]
mod readings;
#[path = "history/recorder.rs"]
mod recorder;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let what = args.next().unwrap_or_default();
    let number = args.next().and_then(|arg| arg.parse().ok());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match what.as_str() {
        "hours" => runtime.block_on(hours::measure(number.unwrap_or(17))),
        "recorder" => runtime.block_on(recorder::measure(number.unwrap_or(200_000))),
        "ingest" => runtime.block_on(readings::ingest(number.unwrap_or(10_000) as usize)),
        "charts" => runtime.block_on(readings::charts(number.unwrap_or(100) as usize)),
        _ => eprintln!(
            "usage: hours [INTERVALS A DAY] | recorder [TRANSITIONS] | ingest [INSTRUMENTS] | charts [INSTRUMENTS]"
        ),
    }
}
