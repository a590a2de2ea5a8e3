//! What was measured, asked for as it was sent.

use crate::harness::{Server, now_ms};
use serde_json::json;

#[tokio::test]
async fn what_was_acknowledged_is_in_the_history_at_once() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let start = now_ms() - 600_000;
    for round in 0..3 {
        sensor.draw(1.234, start + round * 60_000, 60).await;
        let (status, answer) =
            server.get(&format!("/api/v1/instruments/sem-1/readings?from={start}&to={}", start + 600_000)).await;
        assert_eq!(status, 200, "{answer}");
        let readings = answer["readings"].as_array().unwrap();
        assert_eq!(readings.len() as i64, (round + 1) * 60);
        assert_eq!(readings[0], json!([start, 1.234]));
    }
    let part = format!("/api/v1/instruments/sem-1/readings?from={}&to={}", start + 10_000, start + 12_000);
    assert_eq!(server.get(&part).await.1["readings"], json!([[start + 10_000, 1.234], [start + 11_000, 1.234]]));
    // Sent at once, but measured ten minutes ago and later.
    let (_, answer) = server.get(&part).await;
    assert!((580..=592).contains(&answer["delays_s"][0].as_i64().unwrap()), "{answer}");
    // Without a span: the last day.
    assert_eq!(server.get("/api/v1/instruments/sem-1/readings").await.1["readings"].as_array().unwrap().len(), 180);
    assert_eq!(server.get("/api/v1/instruments/nobody/readings").await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn more_than_a_day_is_refused_with_what_to_do() {
    let server = Server::start().await;
    server.add("sem-1").await;
    let day = 24 * 3_600_000_i64;
    let (status, _) = server.get(&format!("/api/v1/instruments/sem-1/readings?from=0&to={day}")).await;
    assert_eq!(status, 200);
    let (status, problem) = server.get(&format!("/api/v1/instruments/sem-1/readings?from=0&to={}", day + 1)).await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("24 hours"), "{problem}");
    let (status, _) = server.get("/api/v1/instruments/sem-1/readings?from=5&to=5").await;
    assert_eq!(status, 400);
    let (status, _) =
        server.get(&format!("/api/v1/instruments/sem-1/readings?from={}&to={}", i64::MIN, i64::MAX)).await;
    assert_eq!(status, 400);
    server.app.stop().await;
}

#[tokio::test]
async fn a_chart_has_few_bins_and_every_peak() {
    let server = Server::start().await;
    let mut sensor = server.add("sem-1").await;
    let start = (now_ms() - 3_600_000) / 60_000 * 60_000;
    sensor.draw(1.0, start, 1_800).await;
    sensor.draw(9.5, start + 1_800_000, 1).await;
    sensor.draw(2.0, start + 1_801_000, 599).await;
    let span = format!("/api/v1/instruments/sem-1/readings?from={start}&to={}", start + 3_600_000);
    let (status, chart) = server.get(&format!("{span}&points=60")).await;
    assert_eq!(status, 200, "{chart}");
    assert_eq!((&chart["step_ms"], &chart["from_minutes"]), (&json!(60_000), &json!(false)));
    let bins = chart["bins"].as_array().unwrap();
    assert_eq!(bins.len(), 40, "nothing was measured in the last third");
    assert_eq!(bins[0], json!([start, 1.0, 1.0, 1.0, 60]));
    assert_eq!((&bins[30][1], &bins[30][3]), (&json!(2.0), &json!(9.5)), "the peak of a single second");
    // Of years.
    let (status, chart) = server.get("/api/v1/instruments/sem-1/readings?from=0&points=2000").await;
    assert_eq!((status, chart["bins"].as_array().unwrap().len()), (200, 1));
    let (_, chart) =
        server.get(&format!("/api/v1/instruments/sem-1/readings?from={}&to={}&points=7", i64::MIN, i64::MAX)).await;
    assert_eq!(chart["bins"].as_array().unwrap().len(), 1, "{chart}");
    assert_eq!(server.get("/api/v1/instruments/nobody/readings?points=10").await.0, 404);
    for points in ["0", "2001", "-1", "many"] {
        let (status, problem) = server.get(&format!("/api/v1/instruments/sem-1/readings?points={points}")).await;
        assert_eq!(status, 400, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("points"), "{problem}");
    }
    server.app.stop().await;
}
