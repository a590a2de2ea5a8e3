//! An outage longer than the journal keeps readings for.

use super::odd_server::{OddServer, Reply};
use super::{caught_up, sending, until};
use crate::harness::{Sensor, Server, now_ms};
use std::collections::BTreeSet;

/// Times of the readings that were taken.
fn times(influx: &OddServer) -> BTreeSet<i64> {
    let taken = influx.taken();
    let readings = taken.iter().filter(|line| line.starts_with("instrument_reading,"));
    readings.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn what_the_journal_had_to_drop_is_filled_from_the_history() {
    let influx = OddServer::start(|_| Reply::ok()).await;
    let data = tempfile::tempdir().unwrap();
    let mut with = sending(data.path(), &influx.url);
    with.influx.readings = true;
    with.influx.batch_lines = 10;
    // Every group of readings has a file of its own, and none is kept for who may miss something.
    (with.journal.segment_mb, with.journal.max_age_h) = (0, 0);
    let mut without = with.clone();
    without.influx.url = None;
    let journal = data.path().join("journal");
    let files = || std::fs::read_dir(&journal).unwrap().count();

    let server = Server::start_with(data, with.clone()).await;
    let (mut sensor, token) = server.add_with_token("sem-1").await;
    let begin = now_ms() - 3_600_000;
    let mut drawn = 0;
    let mut draw = async |sensor: &mut Sensor| {
        sensor.draw(1.5, begin + drawn * 1_000, 10).await;
        drawn += 10;
        (begin..begin + drawn * 1_000).step_by(1_000).collect::<BTreeSet<i64>>()
    };
    let all = draw(&mut sensor).await;
    caught_up(&server, "readings").await;
    assert_eq!(times(&influx), all);

    influx.now(|_| Reply::status(500));
    for _ in 0..5 {
        draw(&mut sensor).await;
    }
    until(&server, "readings", |stream| stream["connected"] == false).await;
    // A stop has the history written; what it has, the journal may drop when it is written next.
    server.app.stop().await;
    assert!(files() >= 5);
    let server = Server::start_with(server.data, with.clone()).await;
    until(&server, "readings", |stream| stream["connected"] == false).await;
    let mut sensor = Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    let all = draw(&mut sensor).await;
    assert!(files() < 5);
    influx.now(|_| Reply::ok());
    let readings = caught_up(&server, "readings").await;
    assert_eq!(times(&influx), all);
    // The first of the five was already under way.
    assert!(readings["refilled"].as_u64().unwrap() >= 40, "{readings}");
    let (_, metrics) = text(&server, "/metrics").await;
    assert!(metrics.contains("dayi_influx_holes_total 1"), "{metrics}");
    assert!(metrics.contains("dayi_journal_dropped_bytes_total{reader=\"influx\"}"), "{metrics}");
    server.app.stop().await;

    // While it was switched off nobody took note of what was dropped: the cursor tells.
    let mut data = server.data;
    for _ in 0..3 {
        let server = Server::start_with(data, without.clone()).await;
        let mut sensor = Sensor::connect(server.app.mqtt, "sem-1", &token).await;
        draw(&mut sensor).await;
        server.app.stop().await;
        data = server.data;
    }
    let server = Server::start_with(data, with).await;
    let mut sensor = Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    let all = draw(&mut sensor).await;
    let readings = caught_up(&server, "readings").await;
    assert_eq!(times(&influx), all);
    assert!(readings["refilled"].as_u64().unwrap() >= 10, "{readings}");
    server.app.stop().await;
}

async fn text(server: &Server, path: &str) -> (u16, String) {
    let response = server.client.get(server.url(path)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
