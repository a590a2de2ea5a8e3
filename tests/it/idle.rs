//! Who is idle and what it costs, from readings to answers.

use crate::harness::{ADMIN, Sensor, Server};
use dayi::domain::ManualClock;
use serde_json::{Value, json};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Monday 2026-11-30, 00:00 in China.
const MONDAY: i64 = 1_795_968_000_000;
/// China's zone, minutes.
const CHINA: i32 = 480;
const STANDBY_A: f64 = 0.7;

/// Readings over `[from, to)`, minutes of Monday, one in ten seconds.
async fn draw(sensor: &mut Sensor, id: &str, from: i64, to: i64, current: f64) {
    let readings: Vec<Value> =
        (from * 6..to * 6).map(|n| json!({"ts": MONDAY + n * 10 * SECOND, "current": current})).collect();
    sensor.publish(&format!("dayi/v1/{id}/telemetry"), serde_json::to_vec(&readings).unwrap()).await;
}

/// At noon. One instrument was on standby from 07:30, at work from 09:30, on standby from 10:30, off from 11:00 and on standby
/// again from 11:30; another was at work from 08:00 and off from 09:00; of a third nothing was heard.
async fn noon() -> (Server, ManualClock) {
    let clock = ManualClock::at(MONDAY + 12 * HOUR);
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock, CHINA).await;
    let (mut first, mut second) = (server.add("sem-1").await, server.add("sem-2").await);
    server.add("sem-3").await;
    for (from, to, current) in
        [(450, 570, STANDBY_A), (570, 630, 6.0), (630, 660, STANDBY_A), (660, 690, 0.0), (690, 720, STANDBY_A)]
    {
        draw(&mut first, "sem-1", from, to, current).await;
    }
    for (from, to, current) in [(480, 540, 6.0), (540, 720, 0.0)] {
        draw(&mut second, "sem-2", from, to, current).await;
    }
    (server, clock)
}

async fn ask(server: &Server, path: &str) -> (u16, Value) {
    server.app.settled().await;
    let response = server.client.get(server.url(path)).bearer_auth(ADMIN).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn get(server: &Server, query: &str) -> Value {
    let (status, answer) = ask(server, &format!("/api/v1/idle{query}")).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

fn near(value: &Value, expected_ms: i64) -> bool {
    (value.as_i64().unwrap() - expected_ms).abs() <= MINUTE
}

#[tokio::test]
async fn standby_is_counted_within_and_outside_opening_hours_and_costs_what_was_measured() {
    let (server, clock) = noon().await;
    let today = "?from=2026-11-30&to=2026-11-30";
    let page = get(&server, today).await;
    assert_eq!((&page["total"], &page["until"]), (&json!(3), &json!(MONDAY + 12 * HOUR)));
    assert_eq!(ids(&page), ["sem-1", "sem-2", "sem-3"]);
    let first = &page["items"][0];
    assert_eq!((&first["state"], &first["current_a"]), (&json!("standby"), &json!(STANDBY_A)));
    // Work begins at 08:30: the first hour of standby is before it.
    for (column, expected_ms) in [
        ("standby_ms", 3 * HOUR),
        ("standby_open_ms", 2 * HOUR),
        ("standby_closed_ms", HOUR),
        ("on_ms", HOUR),
        ("standby_for_ms", 30 * MINUTE),
        ("not_on_for_ms", 90 * MINUTE),
    ] {
        assert!(near(&first[column], expected_ms), "{column}: {first}");
    }
    // The same as the measured hours say.
    let (_, hours) = ask(&server, "/api/v1/hours?from=2026-11-30&to=2026-11-30").await;
    for column in ["standby_ms", "on_ms", "coverage", "idle_rate"] {
        let (idle, measured) = (first[column].as_f64().unwrap(), hours["items"][0][column].as_f64().unwrap());
        assert!((idle - measured).abs() < 1e-9, "{column}: {idle} {measured}");
    }
    // The half hour that lasts is not measured yet, but is taken to be as before.
    let hours_idle = first["standby_ms"].as_i64().unwrap() as f64 / HOUR as f64;
    let kwh = first["kwh"].as_f64().unwrap();
    assert!((kwh - STANDBY_A * 230.0 * hours_idle / 1_000.0).abs() < 0.01, "{first}");
    assert!((first["estimated"].as_f64().unwrap() - 0.5 / 3.0).abs() < 0.02, "{first}");
    let second = &page["items"][1];
    assert_eq!(
        (&second["standby_ms"], &second["kwh"], &second["standby_for_ms"]),
        (&json!(0), &json!(0.0), &Value::Null)
    );
    assert!(near(&second["not_on_for_ms"], 3 * HOUR));
    let third = &page["items"][2];
    assert_eq!((&third["state"], &third["since"], &third["coverage"]), (&json!("unknown"), &Value::Null, &json!(0.0)));
    let all = &page["all"];
    assert_eq!((&all["instruments"], &all["standby_now"], &all["not_on_now"]), (&json!(3), &json!(1), &json!(2)));

    // A restart counts nothing twice; what lasts goes on.
    server.app.stop().await;
    clock.advance(10 * SECOND);
    let server = Server::start_at(server.data, &clock, CHINA).await;
    let again = get(&server, today).await;
    let standby_ms = |page: &Value| page["all"]["standby_ms"].as_i64().unwrap();
    assert_eq!(standby_ms(&again), standby_ms(&page) + 10 * SECOND);
    server.app.stop().await;

    // In another zone the days are others; all of it is still there.
    let server = Server::start_at(server.data, &clock, 0).await;
    assert_eq!(standby_ms(&get(&server, "?from=2026-11-29&to=2026-11-30").await), standby_ms(&again));
    server.app.stop().await;
}

#[tokio::test]
async fn the_list_is_filtered_sorted_paged_grouped_and_a_file() {
    let (server, _) = noon().await;
    for (query, expected) in [
        ("?idle=standby", vec!["sem-1"]),
        ("?idle=standby&least_minutes=60", vec![]),
        ("?idle=not-on&least_minutes=60", vec!["sem-1", "sem-2"]),
        ("?least_minutes=120", vec!["sem-2"]),
        ("?sort=not_on_for_ms", vec!["sem-2", "sem-1", "sem-3"]),
        ("?sort=not_on_for_ms&order=asc", vec!["sem-1", "sem-2", "sem-3"]),
        ("?sort=id&order=desc&limit=1&offset=1", vec!["sem-2"]),
        ("?unit=lab&sort=id&order=asc", vec!["sem-1", "sem-2", "sem-3"]),
        ("?class=none", vec![]),
        // Before anything was measured.
        ("?from=2026-01-01&to=2026-01-02&sort=coverage", vec!["sem-1", "sem-2", "sem-3"]),
    ] {
        assert_eq!(ids(&get(&server, query).await), expected, "{query}");
    }
    for by in ["city", "institution", "class", "all"] {
        let summary = get(&server, &format!("/summary?by={by}&from=2026-11-30")).await;
        let groups = summary["items"].as_array().unwrap();
        assert_eq!((groups.len(), &groups[0]["instruments"]), (1, &json!(3)), "{summary}");
        assert!(near(&groups[0]["standby_ms"], 3 * HOUR) && near(&groups[0]["on_ms"], 2 * HOUR));
    }
    let city = &get(&server, "/summary?by=city").await["items"][0];
    assert_eq!((&city["id"], &city["name_en"]), (&json!("city-hangzhou"), &json!("Hangzhou")));
    for wrong in
        ["?sort=nothing", "?limit=0", "?from=2026-12-02&to=2026-12-01", "?from=2020-01-01", "/summary", "/summary?by=x"]
    {
        assert_eq!(ask(&server, &format!("/api/v1/idle{wrong}")).await.0, 400, "{wrong}");
    }
    assert_eq!(ask(&server, "/api/v1/idle?unit=elsewhere").await.0, 404);

    let file =
        server.client.get(server.url("/api/v1/idle.csv?sort=id&order=asc")).bearer_auth(ADMIN).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "text/csv; charset=utf-8");
    let text = file.text().await.unwrap();
    assert!(text.starts_with("\u{feff}id,name,") && text.lines().count() == 4, "{text}");
    server.app.stop().await;
}
