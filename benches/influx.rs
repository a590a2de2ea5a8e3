//! How fast readings get into VictoriaMetrics: what waited in the journal over an outage, sent when it is back, and counted
//! there. `make bench-influx`; figures are in docs/performance.md.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "it ends by panicking")]

#[path = "../tests/it/influx/victoria.rs"]
#[allow(dead_code, reason = "the tests need more of it")]
mod victoria;

use dayi::bus::Bus;
use dayi::domain::{Clock, InstrumentId, Reading, SystemClock};
use dayi::history::{Changes, Readings};
use dayi::influx::{Parts, Sink, SinkStore, TagPort, Tags};
use dayi::journal::{Hold, Journal};
use dayi::platform::config::{Config, InfluxConfig, JournalConfig};
use dayi::platform::db::Db;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use victoria::{Victoria, free_port};

/// Appends under way at a time while the journal is filled.
const UNDER_WAY: usize = 4_096;

struct Everywhere(Vec<InstrumentId>);

impl TagPort for Everywhere {
    fn tags(&self, _: &InstrumentId) -> Tags {
        Tags { institution: "zju-materials".into(), city: "杭州市".into(), class: "040102".into() }
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        self.0.clone()
    }
}

/// What is measured.
struct Run {
    instruments: usize,
    seconds: usize,
    batch_lines: u32,
    gzip: bool,
}

#[tokio::main]
async fn main() {
    println!("| readings | lines a request | gzip | s | points/s | this process, CPU s | VictoriaMetrics, CPU s |");
    println!("|---|---|---|---|---|---|---|");
    for gzip in [true, false] {
        for batch_lines in [1_000, 5_000, 20_000] {
            measure(Run { instruments: 10_000, seconds: 100, batch_lines, gzip }).await;
        }
    }
    // Ten minutes of 10,000 instruments, one reading a second.
    measure(Run { instruments: 10_000, seconds: 600, batch_lines: 5_000, gzip: true }).await;
}

async fn measure(run: Run) {
    let Run { instruments, seconds, batch_lines, gzip } = run;
    let data = tempfile::tempdir().unwrap();
    let db = Db::open(&Config::of_folder(data.path())).await.unwrap();
    let config = JournalConfig { max_lag_mb: 1 << 20, max_mb: 1 << 20, ..JournalConfig::default() };
    let journal = Journal::open(data.path(), config, 0).unwrap();
    let reader = journal.reader("influx", Hold::Optional, 0);
    let ids: Vec<InstrumentId> = (0..instruments).map(|n| format!("zj-{n:05}").parse().unwrap()).collect();
    fill(&journal, &ids, seconds).await;

    let kept = tempfile::tempdir().unwrap();
    let victoria = Victoria::start(kept.path(), free_port()).await;
    let config =
        InfluxConfig { url: Some(victoria.url()), readings: true, batch_lines, gzip, ..InfluxConfig::default() };
    let parts = Parts {
        config,
        store: SinkStore::new(db.clone()),
        changes: Changes::new(db.clone()),
        events: Bus::default().latest_wins(),
        measured: Some((reader, Readings::new(data.path()))),
        tags: Arc::new(Everywhere(ids)),
        clock: Arc::new(SystemClock),
    };
    let sink = Sink::new(parts).await.unwrap();
    let (handle, stop) = (sink.handle(), CancellationToken::new());
    let (began, ours, theirs) = (Instant::now(), cpu_s("self"), cpu_s(&victoria.pid()));
    let running = tokio::spawn(sink.run(stop.clone()));
    while handle.waits() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let s = began.elapsed().as_secs_f64();
    let (ours, theirs) = (cpu_s("self") - ours, cpu_s(&victoria.pid()) - theirs);
    stop.cancel();
    running.await.unwrap();
    let points = instruments * seconds;
    assert_eq!(victoria.count("instrument_reading_current").await, points as u64);
    println!(
        "| {points} | {batch_lines} | {} | {s:.1} | {:.0} | {ours:.1} | {theirs:.1} |",
        if gzip { "on" } else { "off" },
        points as f64 / s
    );
    victoria.kill().await;
    journal.close().await;
    db.close().await;
}

/// One reading a second of every instrument, as it would have come.
async fn fill(journal: &Journal, ids: &[InstrumentId], seconds: usize) {
    let (appender, now_ms) = (journal.appender(), SystemClock.now_ms());
    let mut under_way = FuturesUnordered::new();
    for second in 0..seconds {
        let ts_ms = now_ms - (seconds - second) as i64 * 1_000;
        for (n, id) in ids.iter().enumerate() {
            if under_way.len() == UNDER_WAY {
                under_way.next().await;
            }
            let current_a = 1.0 + ((n * 31 + second * 7) % 1_000) as f64 / 1_000.0;
            let reading = [Reading::new(current_a, Some(ts_ms + n as i64 % 1_000), now_ms).unwrap()];
            let appender = &appender;
            under_way.push(async move { appender.readings(id, &reading).await.unwrap() });
        }
    }
    while under_way.next().await.is_some() {}
}

/// Seconds of processor time that a process has used.
fn cpu_s(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}
