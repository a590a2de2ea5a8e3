//! Transitions a second that the recorder keeps and announces, in SQLite or in the empty PostgreSQL database that
//! DAYI_BENCH_DATABASE_URL names.

use dayi::domain::{Cause, InstrumentState, Record, SystemClock, Transition};
use dayi::history::{Recorder, Zone};
use dayi::platform::config::Config;
use dayi::platform::db::Db;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const INSTRUMENTS: u64 = 10_000;
/// Half an hour between two transitions of an instrument.
const STEP_MS: i64 = 30 * 60_000;

pub async fn measure(transitions: i64) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::of_folder(folder.path());
    config.database.url = std::env::var("DAYI_BENCH_DATABASE_URL").ok();
    let db = Db::open(&config).await.unwrap();
    let announce = Box::new(|_| Box::pin(std::future::ready(())) as _);
    let (recorder, _settled) = Recorder::new(db.clone(), Arc::new(SystemClock), Zone::east(480), announce);
    let (records, recorded) = mpsc::channel(4_096);
    let recording = tokio::spawn(recorder.run(recorded, CancellationToken::new()));
    let states = [InstrumentState::Off, InstrumentState::Standby, InstrumentState::On, InstrumentState::Standby];
    let (begun, cpu_s) = (Instant::now(), crate::figures::cpu_s());
    for n in 0..transitions.unsigned_abs() {
        let round = n / INSTRUMENTS;
        let at_ms = 1_700_000_000_000 + round.cast_signed() * STEP_MS;
        let state = |round: u64| states[(round % 4) as usize];
        let transition = Transition {
            instrument: format!("i{:05}", n % INSTRUMENTS).parse().unwrap(),
            seq: round + 1,
            from: state(round + 3),
            to: state(round),
            at_ms,
            decided_ms: at_ms,
            confidence: 0.9,
            cause: Cause::Model,
            model: "threshold-v1".into(),
            position: n,
        };
        records.send(Record::Transition(Arc::new(transition))).await.unwrap();
    }
    drop(records);
    recording.await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    let cpu_us = (crate::figures::cpu_s() - cpu_s) * 1_000_000.0 / transitions as f64;
    println!(
        "{transitions} transitions: {took:.2} s, {:.0} a second, CPU {cpu_us:.1} µs each",
        transitions as f64 / took
    );
    db.close().await;
}
