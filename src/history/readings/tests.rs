use super::gatherer::Gatherer;
use super::{Keeping, Readings, Writer};
use crate::domain::{InstrumentId, Reading};
use crate::journal::{Hold, Journal};
use crate::platform::config::JournalConfig;
use std::path::Path;

const NOW: i64 = 1_700_000_000_000;

fn reading(ts_ms: i64, current_a: f64) -> Reading {
    Reading::new(current_a, Some(ts_ms), NOW).unwrap()
}

fn config() -> JournalConfig {
    JournalConfig { min_free_mb: 0, ..JournalConfig::default() }
}

fn start(folder: &Path) -> (Journal, Writer) {
    let keeping = Keeping::open(folder).unwrap();
    let from = keeping.position().unwrap();
    let journal = Journal::open(folder, config(), from).unwrap();
    let writer = keeping.start(journal.reader("history", Hold::Required, from)).unwrap();
    (journal, writer)
}

async fn write(folder: &Path, measured: &[(InstrumentId, Vec<Reading>)]) {
    let (journal, writer) = start(folder);
    for (instrument, readings) in measured {
        journal.appender().readings(instrument, readings).await.unwrap();
    }
    journal.close().await;
    writer.finish().await;
}

#[tokio::test]
async fn what_was_measured_is_read_back_late_and_double_readings_too() {
    let folder = tempfile::tempdir().unwrap();
    let readings = Readings::new(folder.path());
    let [a, b]: [InstrumentId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
    assert_eq!(readings.range(a.clone(), 0, NOW).await.unwrap(), [], "before there is a file");
    let all: Vec<Reading> = (0..3_600).map(|s| reading(NOW - 3_600_000 + s * 1_000, s as f64 / 1_000.0)).collect();
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().partition(|reading| reading.ts_ms / 1_000 % 2 == 0);
    write(folder.path(), &[(a.clone(), odd.clone()), (b.clone(), vec![reading(NOW, 5.0)])]).await;
    write(folder.path(), &[(a.clone(), even), (a.clone(), odd)]).await;

    let expected: Vec<(i64, f32)> = all.iter().map(|reading| (reading.ts_ms, reading.current_a)).collect();
    assert_eq!(readings.range(a.clone(), 0, i64::MAX).await.unwrap(), expected);
    let part = readings.range(a.clone(), NOW - 1_000_000, NOW - 990_000).await.unwrap();
    assert_eq!(part, expected[2_600..2_610]);
    assert_eq!(readings.range(b, NOW, NOW + 1).await.unwrap(), [(NOW, 5.0)]);
    assert_eq!(readings.range("c".parse().unwrap(), 0, i64::MAX).await.unwrap(), []);
    assert_eq!(readings.range(a, NOW, 0).await.unwrap(), [], "a span that is none");
}

#[tokio::test]
async fn who_asks_need_not_wait_for_the_minute() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, writer) = start(folder.path());
    let id: InstrumentId = "a".parse().unwrap();
    for second in 0..5 {
        journal.appender().readings(&id, &[reading(NOW + second, 1.5)]).await.unwrap();
    }
    let flush = writer.flush();
    flush.now().await;
    let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
    assert_eq!(kept.len(), 5);
    journal.close().await;
    writer.finish().await;
    flush.now().await;
}

#[tokio::test]
async fn a_thread_that_died_is_made_up_for_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let id: InstrumentId = "a".parse().unwrap();
    let keeping = Keeping::open(folder.path()).unwrap();
    let journal = Journal::open(folder.path(), config(), 0).unwrap();
    journal.appender().readings(&id, &[reading(NOW, 1.5)]).await.unwrap();
    drop(keeping);
    journal.close().await;
    write(folder.path(), &[(id.clone(), vec![reading(NOW + 1, 2.5)])]).await;
    write(folder.path(), &[]).await;
    let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
    assert_eq!(kept, [(NOW, 1.5), (NOW + 1, 2.5)]);
}

#[tokio::test]
async fn what_one_part_has_written_lets_no_other_part_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<InstrumentId> = (0..40).map(|n| format!("i{n}").parse().unwrap()).collect();
    let journal = Journal::open(folder.path(), config(), 0).unwrap();
    let reader = journal.reader("history", Hold::Required, 0);
    let mut gatherer = Gatherer::new(Keeping::open(folder.path()).unwrap().table, reader);
    for round in 0..3 {
        for id in &ids {
            journal.appender().readings(id, &[reading(NOW + round, 1.5)]).await.unwrap();
        }
        gatherer.read_on();
        gatherer.write(usize::try_from(round).unwrap());
    }
    // The thread dies here.
    drop(gatherer);
    journal.close().await;
    write(folder.path(), &[]).await;
    for id in ids {
        let kept = Readings::new(folder.path()).range(id, 0, i64::MAX).await.unwrap();
        assert_eq!(kept.len(), 3);
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("readings.db"), "this is no database, but it is long enough to be one").unwrap();
    let error = Keeping::open(folder.path()).map(drop).unwrap_err().to_string();
    assert!(error.contains("readings.db"), "{error}");
}

#[tokio::test]
async fn what_is_not_written_yet_is_in_every_answer_once() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, writer) = start(folder.path());
    let readings = Readings::new(folder.path()).with(writer.unwritten());
    let [a, b]: [InstrumentId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
    let minute =
        |from: i64, current: f64| (from..from + 60).map(|s| reading(NOW + s * 1_000, current)).collect::<Vec<_>>();
    journal.appender().readings(&a, &minute(0, 1.0)).await.unwrap();
    assert_eq!(readings.points(a.clone(), 0, i64::MAX).await.unwrap().len(), 60, "an instrument without a row");
    writer.flush().now().await;
    // Half of it again, and half of it new.
    journal.appender().readings(&a, &minute(30, 2.0)).await.unwrap();
    journal.appender().readings(&b, &minute(0, 3.0)).await.unwrap();
    let points = readings.points(a.clone(), 0, i64::MAX).await.unwrap();
    let currents: Vec<f32> = points.iter().map(|point| point.current_a).collect();
    assert_eq!(currents, [[1.0; 60].as_slice(), &[2.0; 30]].concat());
    let chart = readings.chart(a.clone(), NOW, NOW + 90_000, 3).await.unwrap();
    let bins: Vec<_> = chart.bins.iter().map(|bin| (bin.ts_ms, bin.mean_a, bin.count)).collect();
    assert_eq!(bins, [(NOW, 1.0, 30), (NOW + 30_000, 1.0, 30), (NOW + 60_000, 2.0, 30)]);
    assert_eq!(Readings::new(folder.path()).points(b, 0, i64::MAX).await.unwrap(), [], "it is not written");
    journal.close().await;
    writer.finish().await;
    assert_eq!(readings.points(a, 0, i64::MAX).await.unwrap().len(), 90, "when the writer has ended");
}
