use super::*;
use crate::domain::{InstrumentId, Reading, TimeSource};
use crate::platform::config::JournalConfig;
use std::fs;
use std::path::{Path, PathBuf};

const NOW: i64 = 1_700_000_000_000;

fn config() -> JournalConfig {
    JournalConfig { min_free_mb: 0, ..JournalConfig::default() }
}

/// Segments of next to nothing: every group begins a new one.
fn small() -> JournalConfig {
    JournalConfig { segment_mb: 0, ..config() }
}

fn id(text: &str) -> InstrumentId {
    text.parse().unwrap()
}

fn reading(n: i64) -> Reading {
    Reading { ts_ms: NOW + n, received_ms: NOW, current_a: 1.5, time_source: TimeSource::Device, derived: false }
}

fn segments(data: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(data.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The times of the readings that are there to be read, after `NOW`, and where they end.
fn rest(reader: &mut Reader) -> (Vec<i64>, Position) {
    let mut times = Vec::new();
    while let Some(batch) = reader.next_before(Position::MAX) {
        for entry in batch.entries {
            if let Entry::Readings { readings, .. } = entry {
                times.extend(readings.iter().map(|(_, reading)| reading.ts_ms - NOW));
            }
        }
    }
    (times, reader.at())
}

#[tokio::test]
async fn what_was_acknowledged_is_read_in_order_after_a_restart_too() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), small(), 0).unwrap();
    let mut reader = journal.reader("a", Hold::Required, 0);
    for n in 0..10 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    let (times, middle) = rest(&mut reader);
    assert_eq!(times, (0..10).collect::<Vec<i64>>());
    for n in 10..20 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    let end = journal.end();
    journal.close().await;
    assert_eq!(rest(&mut reader).0, (10..20).collect::<Vec<i64>>());
    assert!(reader.next().await.is_none(), "a closed journal ends");

    let journal = Journal::open(data.path(), small(), 0).unwrap();
    assert_eq!(journal.end(), end);
    assert_eq!(rest(&mut journal.reader("a", Hold::Required, middle)).0, (10..20).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_torn_end_is_cut_off_wherever_it_was_torn() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), config(), 0).unwrap();
    journal.appender().readings(&id("x"), &[reading(0), reading(1)]).await.unwrap();
    let kept = journal.end();
    journal.appender().readings(&id("x"), &[reading(2), reading(3)]).await.unwrap();
    journal.close().await;
    let file = segments(data.path()).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    for torn in usize::try_from(kept).unwrap()..whole.len() {
        fs::write(&file, &whole[..torn]).unwrap();
        let journal = Journal::open(data.path(), config(), 0).unwrap();
        assert_eq!(journal.end(), kept);
        journal.appender().readings(&id("x"), &[reading(9)]).await.unwrap();
        let mut reader = journal.reader("a", Hold::Required, 0);
        assert_eq!(rest(&mut reader).0, [0, 1, 9]);
        journal.close().await;
    }
    // The crash came while a segment was made.
    fs::write(&file, &whole[..7]).unwrap();
    let journal = Journal::open(data.path(), config(), 0).unwrap();
    assert_eq!(rest(&mut journal.reader("a", Hold::Required, 0)).0, [0_i64; 0]);
    journal.close().await;
}

#[tokio::test]
async fn a_damaged_part_is_left_out_and_what_follows_is_read() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), small(), 0).unwrap();
    let mut reader = journal.reader("a", Hold::Required, 0);
    for n in 0..3 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    let damaged = &segments(data.path())[1];
    let mut bytes = fs::read(damaged).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(damaged, bytes).unwrap();
    assert_eq!(rest(&mut reader).0, [0, 2]);
}

#[tokio::test]
async fn files_go_when_all_have_released_them_and_lost_files_give_no_position_twice() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), small(), 0).unwrap();
    let readers = ["a", "b"].map(|name| journal.reader(name, Hold::Required, 0));
    for n in 0..5 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    let end = journal.end();
    readers[0].account().release(end);
    journal.close().await;
    assert!(segments(data.path()).len() >= 5);

    let journal = Journal::open(data.path(), small(), end).unwrap();
    for name in ["a", "b"] {
        journal.reader(name, Hold::Required, 0).account().release(end);
    }
    journal.appender().readings(&id("x"), &[reading(6)]).await.unwrap();
    journal.close().await;
    assert!(segments(data.path()).len() <= 2, "{:?}", segments(data.path()));

    fs::remove_dir_all(data.path().join("journal")).unwrap();
    let journal = Journal::open(data.path(), small(), end + 1_000).unwrap();
    assert!(journal.end() > end + 1_000);
    let mut reader = journal.reader("a", Hold::Required, end);
    journal.appender().readings(&id("x"), &[reading(7)]).await.unwrap();
    assert_eq!(rest(&mut reader).0, [7]);
}

#[tokio::test]
async fn appending_waits_for_a_reader_that_is_too_far_behind() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), JournalConfig { max_lag_mb: 0, ..config() }, 0).unwrap();
    let mut reader = journal.reader("slow", Hold::Required, journal.end());
    journal.appender().readings(&id("x"), &[reading(0)]).await.unwrap();
    let appender = journal.appender();
    let (x, second) = (id("x"), [reading(1)]);
    let append = appender.readings(&x, &second);
    tokio::pin!(append);
    assert!(futures::poll!(&mut append).is_pending());
    let batch = reader.next().await.unwrap();
    assert!(futures::poll!(&mut append).is_pending(), "read is not worked through");
    reader.account().done(batch.end);
    append.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_may_lose_does_not_hold_the_disk() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), JournalConfig { max_mb: 0, max_age_h: 1, ..small() }, 0).unwrap();
    let mut away = journal.reader("away", Hold::Optional, 0);
    for n in 0..5 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    journal.close().await;
    let (times, _) = rest(&mut away);
    assert!(times.is_sorted() && times.last() == Some(&4), "{times:?}");
}

#[tokio::test]
async fn a_disk_without_room_refuses_and_keeps_what_it_has() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), config(), 0).unwrap();
    journal.appender().readings(&id("x"), &[reading(0)]).await.unwrap();
    journal.close().await;
    let journal = Journal::open(data.path(), JournalConfig { min_free_mb: u32::MAX, ..config() }, 0).unwrap();
    let end = journal.end();
    let refused = journal.appender().readings(&id("x"), &[reading(1)]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(_)) && refused.to_string().contains("min_free_mb"), "{refused}");
    assert_eq!(journal.end(), end);
    assert_eq!(rest(&mut journal.reader("a", Hold::Required, 0)).0, [0]);
}

#[test]
fn a_file_that_is_no_segment_is_said() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("journal")).unwrap();
    for (name, text) in [("notes.log", "x"), ("00000000000000000007.log", "this is no segment of a journal")] {
        let path = data.path().join("journal").join(name);
        fs::write(&path, text).unwrap();
        let error = Journal::open(data.path(), config(), 0).map(drop).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        fs::remove_file(path).unwrap();
    }
}

#[tokio::test]
async fn a_reader_with_an_excuse_may_fall_behind_until_it_has_caught_up() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), JournalConfig { max_lag_mb: 0, ..config() }, 0).unwrap();
    let mut reader = journal.reader("slow", Hold::Required, journal.end());
    let (appender, excuse, x) = (journal.appender(), journal.excuses(), id("x"));
    excuse("slow", Excuse::Away);
    for n in 0..3 {
        appender.readings(&x, &[reading(n)]).await.unwrap();
    }
    excuse("slow", Excuse::CatchingUp);
    appender.readings(&x, &[reading(3)]).await.unwrap();
    reader.account().done(rest(&mut reader).1);
    appender.readings(&x, &[reading(4)]).await.unwrap();
    let fifth = [reading(5)];
    let append = appender.readings(&x, &fifth);
    tokio::pin!(append);
    assert!(futures::poll!(&mut append).is_pending());
    reader.account().done(rest(&mut reader).1);
    append.await.unwrap();
}

#[tokio::test]
async fn what_is_held_can_be_copied_when_its_files_are_gone() {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::open(data.path(), small(), 0).unwrap();
    let mut reader = journal.reader("a", Hold::Required, 0);
    for n in 0..3 {
        journal.appender().readings(&id("x"), &[reading(n)]).await.unwrap();
    }
    let before = segments(data.path());
    let holding = Holding::start(data.path()).unwrap();
    reader.account().release(rest(&mut reader).1);
    while before[0].exists() {
        journal.appender().last_will(&id("x"), NOW);
        tokio::task::yield_now().await;
    }
    journal.appender().readings(&id("x"), &[reading(3)]).await.unwrap();
    let end = journal.end();
    let copied = tempfile::tempdir().unwrap();
    let copies = holding.copy(&copied.path().join(FOLDER)).unwrap();
    assert!(before.len() >= 3 && copies.len() > before.len());

    let journal = Journal::open(copied.path(), small(), end).unwrap();
    assert_eq!(journal.end(), end);
    assert_eq!(rest(&mut journal.reader("a", Hold::Required, 0)).0, [0, 1, 2, 3]);
    // A stretch that came and went unseen is a hole.
    let holding = Holding::start(copied.path()).unwrap();
    for (from, at) in [(end + 1_000, 1), (end + 2_000, 2)] {
        drop(segment::create(&copied.path().join(FOLDER), from + at, false).unwrap());
    }
    let missed = holding.copy(&data.path().join("copy")).unwrap_err();
    assert!(matches!(missed, JournalError::Missed { .. }), "{missed}");
}
