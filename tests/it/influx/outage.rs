//! VictoriaMetrics as it is, killed and started again.

use super::victoria::{Victoria, free_port};
use super::{ROUND_MS, caught_up, sending, states_of, until, work};
use crate::harness::{Server, now_ms};
use dayi::platform::config::Config;
use std::collections::BTreeSet;
use std::path::Path;

fn with_readings(data: &Path, url: &str) -> Config {
    let mut config = sending(data, url);
    config.influx.readings = true;
    // As long as a server may hold in memory what it has acknowledged.
    config.influx.durable_after_s = 10;
    config
}

/// That VictoriaMetrics has every state and every reading of the instrument, and nothing else of it.
async fn compare(server: &Server, victoria: &Victoria, id: &str) {
    caught_up(server, "states").await;
    caught_up(server, "readings").await;
    let states = states_of(server, id).await;
    let expected: BTreeSet<_> = states.iter().map(|(_, state, at)| (*at, state.to_string())).collect();
    assert_eq!(victoria.all("instrument_state_state").await[id], expected);
    let numbers: BTreeSet<_> = states.iter().map(|(seq, _, at)| (*at, seq.to_string())).collect();
    assert_eq!(victoria.all("instrument_state_seq").await[id], numbers);
    let day_ago = now_ms() - 23 * 3_600_000;
    let (_, readings) = server.get(&format!("/api/v1/instruments/{id}/readings?from={day_ago}")).await;
    let readings = readings["readings"].as_array().unwrap().iter();
    let readings: BTreeSet<_> =
        readings.map(|pair| (pair[0].as_i64().unwrap(), pair[1].as_f64().unwrap().to_string())).collect();
    assert!(readings.len() > 400);
    assert_eq!(victoria.all("instrument_reading_current").await[id], readings);
}

#[tokio::test]
async fn an_outage_loses_nothing_not_even_what_was_acknowledged_just_before() {
    let (kept, port, data) = (tempfile::tempdir().unwrap(), free_port(), tempfile::tempdir().unwrap());
    let victoria = Victoria::start(kept.path(), port).await;
    let config = with_readings(data.path(), &victoria.url());
    let server = Server::start_with(data, config.clone()).await;
    let (mut sensor, token) = server.add_with_token("sem-1").await;
    let begin = now_ms() - 4 * 3_600_000;
    work(&mut sensor, begin).await;
    caught_up(&server, "states").await;
    caught_up(&server, "readings").await;
    // It has acknowledged all that, and loses what is only in its memory.
    victoria.kill().await;
    work(&mut sensor, begin + ROUND_MS).await;
    for stream in ["states", "readings"] {
        let away = until(&server, stream, |stream| stream["connected"] == false).await;
        assert!(away["behind"].to_string().contains(':'), "{away}");
    }
    let victoria = Victoria::start(kept.path(), port).await;
    compare(&server, &victoria, "sem-1").await;

    // Killed at rest: nothing is under way that could notice.
    victoria.kill().await;
    let victoria = Victoria::start(kept.path(), port).await;
    compare_after_rest(&server, &victoria).await;

    // A restart of dayi in the middle of an outage.
    victoria.kill().await;
    work(&mut sensor, begin + 2 * ROUND_MS).await;
    drop(sensor);
    server.app.stop().await;
    let server = Server::start_with(server.data, config).await;
    let mut sensor = crate::harness::Sensor::connect(server.app.mqtt, "sem-1", &token).await;
    work(&mut sensor, begin + 3 * ROUND_MS).await;
    let victoria = Victoria::start(kept.path(), port).await;
    compare(&server, &victoria, "sem-1").await;
    server.app.stop().await;
}

/// The question whether the server is still there comes within the ten seconds; until then it may lack something.
async fn compare_after_rest(server: &Server, victoria: &Victoria) {
    let expected = states_of(server, "sem-1").await.len();
    while victoria.all("instrument_state_state").await.get("sem-1").is_none_or(|found| found.len() < expected) {}
    let readings = 2 * 420;
    while victoria.all("instrument_reading_current").await.get("sem-1").is_none_or(|found| found.len() < readings) {}
    compare(server, victoria, "sem-1").await;
}

#[tokio::test]
async fn tags_arrive_as_they_are_whatever_is_in_them() {
    let (kept, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let victoria = Victoria::start(kept.path(), free_port()).await;
    let config = sending(data.path(), &victoria.url());
    let server = Server::start_with(data, config).await;
    let mut instrument = crate::harness::instrument("sem-1");
    instrument["class"] = "a, b=c \"d\"".into();
    let city = "杭州, 西湖=区\\";
    instrument["institution"]["city"] = city.into();
    let (status, added) = server.post("/api/v1/instruments", Some(crate::harness::ADMIN), &instrument).await;
    assert_eq!(status, 201, "{added}");
    let (client, token) = (&added["credentials"]["client_id"], &added["credentials"]["token"]);
    let mut sensor =
        crate::harness::Sensor::connect(server.app.mqtt, client.as_str().unwrap(), token.as_str().unwrap()).await;
    work(&mut sensor, now_ms() - 3_600_000).await;
    caught_up(&server, "states").await;
    let (labels, values) = &victoria.export("instrument_state_state").await[0];
    assert_eq!(values.len(), states_of(&server, "sem-1").await.len());
    assert_eq!(labels["class"], "a, b=c \"d\"");
    assert_eq!(labels["city"], "杭州, 西湖=区/");
    assert_eq!(labels["institution"], "lab");
    server.app.stop().await;
}
