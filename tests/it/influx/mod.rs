//! The way to InfluxDB, against VictoriaMetrics and against a server that does everything wrong.

mod answers;
mod hole;
mod odd_server;
mod outage;
pub(crate) mod victoria;

use crate::harness::{Sensor, Server, config};
use dayi::platform::config::Config;
use serde_json::Value;
use std::path::Path;

/// A server that sends to `url` and tries again at once.
pub(crate) fn sending(data: &Path, url: &str) -> Config {
    let mut config = config(data);
    config.influx.url = Some(url.into());
    config.influx.longest_wait_ms = 1;
    config.influx.durable_after_s = 0;
    config.influx.retry_first_ms = 1;
    config.influx.retry_most_ms = 10;
    config
}

/// How the stream of this name is.
pub(crate) async fn stream(server: &Server, name: &str) -> Value {
    let (status, influx) = server.get("/api/v1/influx").await;
    assert_eq!((status, &influx["configured"]), (200, &Value::Bool(true)), "{influx}");
    let found = influx["streams"].as_array().unwrap().iter().find(|stream| stream["name"] == name);
    found.unwrap_or_else(|| panic!("{influx}")).clone()
}

/// Returns when `enough` is true of the stream.
pub(crate) async fn until(server: &Server, name: &str, enough: impl Fn(&Value) -> bool) -> Value {
    loop {
        let stream = stream(server, name).await;
        if enough(&stream) {
            return stream;
        }
    }
}

/// Returns when everything that was acknowledged by now was sent.
pub(crate) async fn caught_up(server: &Server, name: &str) -> Value {
    until(server, name, |stream| {
        let behind = &stream["behind"];
        behind["changes"].as_u64().or(behind["bytes"].as_u64()) == Some(0) && stream["connected"] == true
    })
    .await
}

/// What the instrument's states were: number, code and beginning of each.
pub(crate) async fn states_of(server: &Server, id: &str) -> Vec<(u64, u8, i64)> {
    let (status, states) = server.get(&format!("/api/v1/instruments/{id}/states?from=0")).await;
    assert_eq!(status, 200, "{states}");
    let names = dayi::domain::InstrumentState::ALL.map(|state| (state.name(), state.code()));
    let code = |name: &Value| names.iter().find(|(known, _)| name == known).unwrap().1;
    let items = states["items"].as_array().unwrap().iter();
    items.map(|item| (item["seq"].as_u64().unwrap(), code(&item["state"]), item["start"].as_i64().unwrap())).collect()
}

/// Draws current for two minutes, then none for five: the instrument is on, and then it is off. The next may start eight
/// minutes later.
pub(crate) async fn work(sensor: &mut Sensor, start_ms: i64) {
    sensor.draw(6.0, start_ms, 120).await;
    sensor.draw(0.0, start_ms + 120_000, 300).await;
}

/// From one start of [`work`] to the next.
pub(crate) const ROUND_MS: i64 = 480_000;

/// What a line says of a state: instrument, number, code, beginning.
pub(crate) fn state_of(line: &str) -> (String, u64, u8, i64) {
    let (head, rest) = line.split_once(' ').unwrap();
    let (fields, time) = rest.split_once(' ').unwrap();
    let instrument = head.strip_prefix("instrument_state,instrument=").unwrap().split(',').next().unwrap();
    let integer = |name: &str| {
        let field = fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        field.unwrap().strip_suffix('i').unwrap().parse::<u64>().unwrap()
    };
    let state = u8::try_from(integer("state")).unwrap();
    (instrument.to_owned(), integer("seq"), state, time.parse().unwrap())
}
