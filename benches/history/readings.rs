//! Readings into the history, their size, and charts of them.

use super::figures::{cpu_s, once, print};
use dayi::domain::{InstrumentId, ManualClock, Reading};
use dayi::history::{Keeping, Readings, Upkeep};
use dayi::journal::{Hold, Journal};
use dayi::platform::config::{HistoryConfig, JournalConfig};
use dayi_loadtest::fleet::Fleet;
use dayi_loadtest::signal::Signal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A Monday's midnight in UTC.
const BEGIN: i64 = 1_700_438_400_000;
const DAY_MS: i64 = 24 * 3_600_000;

fn size(folder: &Path, name: &str) -> u64 {
    std::fs::metadata(folder.join(name)).map_or(0, |file| file.len())
}

/// Puts what so many sensors of a simulated province measure, once a second, into a journal.
async fn measure_into(journal: &Journal, fleet: &Fleet, seconds: std::ops::Range<i64>) -> u64 {
    let mut signals: Vec<(InstrumentId, Signal)> =
        fleet.instruments.iter().map(|spec| (spec.id.parse().unwrap(), Signal::with_activity(spec, 1, 0.5))).collect();
    let mut count = 0;
    let appender = journal.appender();
    for (id, signal) in &mut signals {
        let at = |second: i64| {
            let ts_ms = BEGIN + second * 1_000;
            signal.at(ts_ms).map(|current| Reading::new(current.into(), Some(ts_ms), ts_ms + 20).unwrap())
        };
        let readings: Vec<Reading> = seconds.clone().filter_map(at).collect();
        count += readings.len() as u64;
        appender.readings(id, &readings).await.unwrap();
    }
    count
}

fn roomy() -> JournalConfig {
    JournalConfig { max_lag_mb: 65_536, max_mb: 65_536, min_free_mb: 0, ..JournalConfig::default() }
}

/// What the history takes in a second, and bytes a reading: ten minutes of so many instruments, all at once as after an outage, and
/// minute by minute as in life, where a chunk is written again with every minute.
pub async fn ingest(instruments: usize) {
    for minutes in [10_i64, 1] {
        let folder = tempfile::tempdir().unwrap();
        let keeping = Keeping::open(folder.path()).unwrap();
        let journal = Journal::open(folder.path(), roomy(), 0).unwrap();
        let fleet = Fleet::generate(1, instruments);
        // Before there is a reader the journal keeps nothing.
        let reader = journal.reader("history", Hold::Required, 0);
        let mut count = measure_into(&journal, &fleet, 0..minutes * 60).await;
        let (mut took, mut cpu) = (Duration::ZERO, 0.0);
        let (mut begun, mut before) = (Instant::now(), cpu_s());
        let writer = keeping.start(reader).unwrap();
        for minute in (0..10).step_by(minutes as usize) {
            if minute > 0 {
                count += measure_into(&journal, &fleet, minute * 60..(minute + minutes) * 60).await;
                (begun, before) = (Instant::now(), cpu_s());
            }
            writer.flush().now().await;
            took += begun.elapsed();
            cpu += cpu_s() - before;
        }
        journal.close().await;
        writer.finish().await;
        let bytes = size(folder.path(), "readings.db");
        println!(
            "{count} readings of {instruments} instruments, {minutes} min at a time: {:.2} s, {cpu:.2} s CPU, {:.2} M a second; {:.2} bytes each",
            took.as_secs_f64(),
            count as f64 / took.as_secs_f64() / 1e6,
            bytes as f64 / count as f64
        );
        let readings = Readings::new(folder.path());
        let mut kept = 0;
        for spec in &fleet.instruments {
            kept += readings.range_blocking(&spec.id.parse().unwrap(), BEGIN, BEGIN + DAY_MS).unwrap().len() as u64;
        }
        assert_eq!(kept, count);
    }
}

/// Charts of so many instruments' eight days, of which all but the last are in minutes.
pub async fn charts(instruments: usize) {
    const DAYS: i64 = 8;
    let folder = tempfile::tempdir().unwrap();
    let keeping = Keeping::open(folder.path()).unwrap();
    let journal = Journal::open(folder.path(), roomy(), 0).unwrap();
    let fleet = Fleet::generate(1, instruments);
    let writer = keeping.start(journal.reader("history", Hold::Required, 0)).unwrap();
    let begun = Instant::now();
    let mut count = 0;
    for hour in 0..DAYS * 24 {
        count += measure_into(&journal, &fleet, hour * 3_600..(hour + 1) * 3_600).await;
    }
    writer.flush().now().await;
    println!("{count} readings of {instruments} instruments over {DAYS} days: {:.1} s", begun.elapsed().as_secs_f64());
    let clock = Arc::new(ManualClock::at(BEGIN + DAYS * DAY_MS - 3_600_000));
    let upkeep = Upkeep::new(folder.path(), HistoryConfig::default(), clock);
    let days = once("minutes of all days that have ended", || upkeep.work_off().unwrap());
    let file = rusqlite::Connection::open(folder.path().join("readings.db")).unwrap();
    let ask = "SELECT count(*), sum(length(data)) FROM minute_day";
    let (rows, bytes): (i64, i64) = file.query_row(ask, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    println!("{days} days of an instrument, {rows} of them with readings: {} bytes each", bytes / rows);

    let readings = Readings::new(folder.path()).with(writer.unwritten());
    let ids: Vec<InstrumentId> = fleet.instruments.iter().map(|spec| spec.id.parse().unwrap()).collect();
    let end = BEGIN + DAYS * DAY_MS;
    let asked: [(&str, i64, i64, u32); 5] = [
        ("the last hour, 2,000 bins", end - 3_600_000, end, 2_000),
        ("the last 24 h, 2,000 bins", end - DAY_MS, end, 2_000),
        ("24 h of last week, 2,000 bins", BEGIN + DAY_MS / 2, BEGIN + DAY_MS * 3 / 2, 2_000),
        ("8 days, 2,000 bins", BEGIN, end, 2_000),
        ("8 days, 500 bins", BEGIN, end, 500),
    ];
    for (what, from, to, bins) in asked {
        let mut took: Vec<Duration> = Vec::new();
        let before = cpu_s();
        for n in 0..1_000 {
            let id = ids[n * 37 % ids.len()].clone();
            let begun = Instant::now();
            let chart = readings.chart(id, from, to, bins).await.unwrap();
            took.push(begun.elapsed());
            assert!(!chart.bins.is_empty() && chart.bins.len() <= bins as usize);
        }
        print(what, took, cpu_s() - before);
    }
    let begun = Instant::now();
    let points = readings.points(ids[0].clone(), end - DAY_MS, end).await.unwrap().len();
    println!("every reading of a day ({points}): {:.1} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    journal.close().await;
    writer.finish().await;
}
