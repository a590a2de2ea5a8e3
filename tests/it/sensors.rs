//! How sensors do, asked for through the API.

use crate::harness::{Server, now_ms};
use serde_json::json;

#[tokio::test]
async fn a_sensor_with_a_wrong_clock_is_listed_and_a_healthy_one_is_not() {
    let server = Server::start().await;
    let mut wrong = server.add("sem-1").await;
    let mut healthy = server.add("sem-2").await;
    server.add("sem-3").await;
    let now = now_ms();
    for n in 0..5 {
        wrong.draw(1.0 + n as f64, now + 200_000 + n * 1_000, 1).await;
        healthy.draw(1.0 + n as f64, now + n, 1).await;
    }
    let (status, problems) = server.get("/api/v1/sensors/problems").await;
    assert_eq!(status, 200, "{problems}");
    assert_eq!(problems["total"], 3);
    assert_eq!(problems["counts"], json!({"silent": 1, "clock-skew": 1}));
    let of: Vec<_> =
        problems["items"].as_array().unwrap().iter().map(|item| (&item["instrument"], &item["problems"])).collect();
    assert_eq!(of, [(&json!("sem-1"), &json!(["clock-skew"])), (&json!("sem-3"), &json!(["silent"]))]);

    let (_, page) = server.get("/api/v1/sensors/problems?limit=1").await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &json!("sem-1")));
    let (_, rest) = server.get("/api/v1/sensors/problems?after=sem-1&problem=silent").await;
    assert_eq!((&rest["items"][0]["instrument"], &rest["next"]), (&json!("sem-3"), &json!(null)));
    assert_eq!(server.get("/api/v1/sensors/problems?problem=hot").await.0, 400);

    let (_, sensor) = server.get("/api/v1/instruments/sem-1/sensor").await;
    let ahead = sensor["clock_ahead_ms"].as_i64().unwrap();
    assert!((190_000..=210_000).contains(&ahead), "{sensor}");
    assert_eq!(server.get("/api/v1/instruments/sem-2/sensor").await.1["problems"], json!([]));
    assert_eq!(server.get("/api/v1/instruments/nobody/sensor").await.0, 404);

    // A restart remembers.
    let server = server.restart().await;
    assert_eq!(server.get("/api/v1/instruments/sem-1/sensor").await.1["clock_ahead_ms"], ahead);
    server.app.stop().await;
}
