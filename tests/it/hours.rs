//! Measured hours and the states at a time, from readings to answers.

use crate::harness::{ADMIN, Sensor, Server, instrument};
use dayi::domain::ManualClock;
use dayi::platform::db::Db;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// 2026-11-01 00:00 in China.
const MIDNIGHT: i64 = 1_793_462_400_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// China's zone, minutes.
const CHINA: i32 = 480;

/// Readings over `[from, to)`, minutes around midnight, one in ten seconds. The model is sure of a new current at its
/// second reading.
async fn draw(sensor: &mut Sensor, from: i64, to: i64, current: f64) {
    let readings: Vec<Value> =
        (from * 6..to * 6).map(|n| json!({"ts": MIDNIGHT + n * 10_000, "current": current})).collect();
    sensor.publish("dayi/v1/sem-1/telemetry", serde_json::to_vec(&readings).unwrap()).await;
}

/// An evening's work over midnight: standby from 22:00 (20 s later the first verdict), work from 22:50, from 23:38 after a
/// short break, standby from 00:20, off from 01:20. At 02:00 this is asked.
async fn evening() -> (Server, ManualClock, Sensor) {
    let clock = ManualClock::at(MIDNIGHT + 2 * HOUR);
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock, CHINA).await;
    let mut sensor = server.add("sem-1").await;
    let parts = [(-120, -70, 0.7), (-70, -30, 6.0), (-30, -22, 0.7), (-22, 20, 6.0), (20, 80, 0.7), (80, 120, 0.0)];
    for (from, to, current) in parts {
        draw(&mut sensor, from, to, current).await;
    }
    (server, clock, sensor)
}

/// The rows of an answer, each as its effective milliseconds and the five states'.
async fn rows(server: &Server, query: &str) -> Vec<(i64, [i64; 5])> {
    let (status, answer) = server.get(&format!("/api/v1/hours?{query}")).await;
    assert_eq!(status, 200, "{answer}");
    let row = |item: &Value| {
        let ms = |name: &str| item[name].as_i64().unwrap();
        let states = ["on_ms", "standby_ms", "off_ms", "offline_ms", "unknown_ms"].map(ms);
        (ms("effective_ms"), states)
    };
    answer["items"].as_array().unwrap().iter().map(row).collect()
}

const BOTH_DAYS: &str = "per=day&from=2026-10-31&to=2026-11-01";
const SECOND: i64 = 1_000;

/// What [`evening`] comes to, day by day: 30 minutes of preparation, both runs, the break between them, 10 minutes after.
fn expected() -> Vec<(i64, [i64; 5])> {
    let first_day = [3_710, 2_990 + 480, 0, 0, 22 * 3_600 + 20].map(|s| s * SECOND);
    let second_day = [1_210, 3_600, 2_390, 0, 0].map(|s| s * SECOND);
    vec![((1_800 + 3_710 + 480) * SECOND, first_day), ((1_210 + 600) * SECOND, second_day)]
}

#[tokio::test]
async fn an_evening_over_midnight_is_counted_to_the_millisecond_and_stays_so() {
    let (server, clock, _) = evening().await;
    assert_eq!(rows(&server, BOTH_DAYS).await, expected());
    let (_, answer) = server.get(&format!("/api/v1/hours?{BOTH_DAYS}")).await;
    assert_eq!((&answer["zone_minutes"], &answer["until"]), (&json!(480), &json!(MIDNIGHT + 2 * HOUR)));
    let second = &answer["items"][1];
    assert_eq!((&second["start"], &second["end"]), (&json!("2026-11-01"), &json!("2026-11-01")));
    assert_eq!((&second["coverage"], &second["idle_rate"]), (&json!(1.0), &json!(3_600.0 / 4_810.0)));
    let coverage = answer["items"][0]["coverage"].as_f64().unwrap();
    assert!((coverage - 7_180.0 / 86_400.0).abs() < 1e-12);

    // What has not begun is left out; a span that has not begun at all is empty.
    assert_eq!(rows(&server, "per=day&from=2026-10-31&to=2026-11-30").await, expected());
    assert_eq!(rows(&server, "per=day&from=2026-11-02&to=2026-11-30").await, []);
    // The same in one, and by calendar: 2026-11-01 is a Sunday.
    let sum: i64 = expected().iter().map(|(effective, _)| effective).sum();
    assert_eq!(rows(&server, "from=2026-10-31&to=2026-11-01").await[0].0, sum);
    assert_eq!(rows(&server, "per=week&from=2026-10-31&to=2026-11-30").await[0].0, sum);
    let months: Vec<i64> =
        rows(&server, "per=month&from=2026-10-01&to=2026-11-30").await.iter().map(|row| row.0).collect();
    assert_eq!(months, expected().iter().map(|row| row.0).collect::<Vec<_>>());

    // A restart within the grace changes nothing; what lasts goes on.
    server.app.stop().await;
    clock.advance(10 * SECOND);
    let server = Server::start_at(server.data, &clock, CHINA).await;
    let mut later = expected();
    later[1].1[2] += 10 * SECOND;
    assert_eq!(rows(&server, BOTH_DAYS).await, later);
    server.app.stop().await;
}

#[tokio::test]
async fn days_are_counted_anew_in_another_zone_and_where_they_never_were() {
    let (server, clock, _) = evening().await;
    server.app.stop().await;
    // In UTC all of it is one day.
    let server = Server::start_at(server.data, &clock, 0).await;
    let utc = rows(&server, BOTH_DAYS).await;
    let sum: i64 = expected().iter().map(|(effective, _)| effective).sum();
    assert_eq!((utc.len(), utc[0].0), (1, sum));
    server.app.stop().await;

    let db = Db::open(&crate::harness::config(server.data.path())).await.unwrap();
    for forgotten in ["DELETE FROM usage_day", "DELETE FROM usage_count"] {
        db.writer().execute_unprepared(forgotten).await.unwrap();
    }
    db.close().await;
    let server = Server::start_at(server.data, &clock, CHINA).await;
    assert_eq!(rows(&server, BOTH_DAYS).await, expected());
    server.app.stop().await;

    // A count that was broken off goes on behind the last instrument that was counted: this one is not touched again.
    let db = Db::open(&crate::harness::config(server.data.path())).await.unwrap();
    for broken_off in ["DELETE FROM usage_day", "UPDATE usage_count SET counted_to = 'sem-1'"] {
        db.writer().execute_unprepared(broken_off).await.unwrap();
    }
    db.close().await;
    let server = Server::start_at(server.data, &clock, CHINA).await;
    let lasting_alone = rows(&server, BOTH_DAYS).await;
    assert_eq!(lasting_alone[1].1, [0, 0, 2_390 * SECOND, 0, (7_200 - 2_390) * SECOND]);
    server.app.stop().await;
}

#[tokio::test]
async fn an_instruments_rules_count_its_past_anew() {
    let (server, _, _) = evening().await;
    let path = "/api/v1/instruments/sem-1/hours-rules";
    let usual = json!({"gap_min": 10, "preparation_min": 30, "post_processing_min": 10});
    let none = json!({"gap_min": null, "preparation_min": null, "post_processing_min": null});
    assert_eq!(server.get(path).await, (200, json!({"own": none, "holds": usual})));

    let (status, set) = server.put(path, &json!({"gap_min": 5, "preparation_min": 0})).await;
    assert_eq!((status, &set["holds"]), (200, &json!({"gap_min": 5, "preparation_min": 0, "post_processing_min": 10})));
    // The break of eight minutes is longer than the gap, but within what follows a run; what lasts is counted so, too.
    let effective = |rows: Vec<(i64, [i64; 5])>| rows.into_iter().map(|row| row.0 / SECOND).collect::<Vec<_>>();
    assert_eq!(effective(rows(&server, BOTH_DAYS).await), [3_710 + 480, 1_210 + 600]);
    server.put(path, &json!({"gap_min": 0, "preparation_min": 1, "post_processing_min": 2})).await;
    assert_eq!(effective(rows(&server, BOTH_DAYS).await), [60 + 3_710 + 180, 1_210 + 120]);
    assert_eq!(server.put(path, &json!({})).await.1["own"], none);
    assert_eq!(rows(&server, BOTH_DAYS).await, expected());

    let (status, problem) = server.put(path, &json!({"gap_min": 1441})).await;
    assert_eq!(status, 422);
    assert!(problem["detail"].as_str().unwrap().contains("gap_min"), "{problem}");
    assert_eq!(server.put(path, &json!({"gap": 1})).await.0, 422);
    for nobody in ["nobody", "a%2Fb"] {
        let path = format!("/api/v1/instruments/{nobody}/hours-rules");
        assert_eq!((server.get(&path).await.0, server.put(&path, &json!({})).await.0), (404, 404));
    }
    let without_token = reqwest::Client::new().put(server.url(path)).json(&json!({})).send().await.unwrap();
    assert_eq!(without_token.status(), 401);
    server.app.stop().await;
}

#[tokio::test]
async fn rules_that_were_set_before_the_first_reading_hold_from_it_on() {
    let clock = ManualClock::at(MIDNIGHT + 2 * HOUR);
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock, CHINA).await;
    let mut sensor = server.add("sem-1").await;
    let none = json!({"gap_min": 0, "preparation_min": 0, "post_processing_min": 0});
    server.put("/api/v1/instruments/sem-1/hours-rules", &none).await;
    // All of it in few transactions.
    for (from, current) in [(0, 0.7), (10, 6.0), (20, 0.7), (30, 0.0)] {
        draw(&mut sensor, from, from + 10, current).await;
    }
    let row = &rows(&server, "from=2026-11-01&to=2026-11-01").await[0];
    assert_eq!((row.0, row.1[0]), (600 * SECOND, 600 * SECOND));
    server.app.stop().await;
}

#[tokio::test]
async fn while_the_server_was_down_nothing_is_known() {
    let (server, clock, mut sensor) = evening().await;
    draw(&mut sensor, 119, 120, 0.0).await;
    server.app.stop().await;
    clock.advance(2 * HOUR);
    let server = Server::start_at(server.data, &clock, CHINA).await;
    let row = &rows(&server, "from=2026-11-01&to=2026-11-01").await[0];
    let [on, standby, off, offline, unknown] = row.1.map(|ms| ms / SECOND);
    assert_eq!([on, standby, off, offline, unknown], [1_210, 3_600, 2_390, 0, 7_200]);
    let (_, answer) = server.get("/api/v1/hours?from=2026-11-01&to=2026-11-01").await;
    assert_eq!(answer["items"][0]["coverage"], json!(0.5));
    let (_, now) = server.get("/api/v1/states").await;
    assert_eq!((&now["items"][0]["state"], &now["items"][0]["cause"]), (&json!("unknown"), &json!("restart")));
    assert_eq!(now["items"][0]["since"], MIDNIGHT + 2 * HOUR);
    server.app.stop().await;
}

/// Two instruments beside sem-1 of which nothing is known: one in its institution, one elsewhere without a class.
async fn fleet() -> Server {
    let (server, ..) = evening().await;
    let mut neighbour = instrument("sem-2");
    neighbour["class"] = "电镜".into();
    let mut elsewhere = instrument("xrd-1");
    elsewhere["name"] = "=1+1".into();
    elsewhere["institution"] =
        json!({"id": "uni", "name": "大学", "name_en": "University", "city": "宁波市", "city_en": "Ningbo"});
    for added in [neighbour, elsewhere] {
        assert_eq!(server.post("/api/v1/instruments", Some(ADMIN), &added).await.0, 201);
    }
    server
}

#[tokio::test]
async fn hours_are_summed_up_by_whatever_is_asked_for() {
    let server = fleet().await;
    let groups = async |query: &str| {
        let (status, answer) = server.get(&format!("/api/v1/hours?from=2026-11-01&to=2026-11-01&{query}")).await;
        assert_eq!(status, 200, "{answer}");
        let group = |item: &Value| {
            let text = |name: &str| item[name].as_str().unwrap_or("-").to_owned();
            let hours = ["on_ms", "unknown_ms"].map(|name| item[name].as_i64().unwrap() / SECOND);
            (text("id"), text("name_en"), item["instruments"].as_i64().unwrap(), hours)
        };
        let next = answer["next"].as_str().map(str::to_owned);
        (answer["items"].as_array().unwrap().iter().map(group).collect::<Vec<_>>(), next)
    };
    let group = |id: &str, en: &str, count, hours| (id.to_owned(), en.to_owned(), count, hours);
    assert_eq!(groups("by=all").await.0, [group("all", "All", 3, [1_210, 14_400])]);
    let sem = |n| format!("sem-{n}");
    let name = "Field-emission SEM";
    assert_eq!(
        groups("by=instrument&limit=2").await,
        (vec![group(&sem(1), name, 1, [1_210, 0]), group(&sem(2), name, 1, [0, 7_200])], Some(sem(2)))
    );
    assert_eq!(groups("limit=2&after=sem-2").await, (vec![group("xrd-1", name, 1, [0, 7_200])], None));
    let institutions = [group("lab", "Test Centre", 2, [1_210, 7_200]), group("uni", "University", 1, [0, 7_200])];
    assert_eq!(groups("by=institution").await.0, institutions);
    assert_eq!(groups("by=institution&limit=1").await, (institutions[..1].to_vec(), Some("lab".into())));
    assert_eq!(groups("by=city&institution=uni").await.0, [group("宁波市", "Ningbo", 1, [0, 7_200])]);
    assert_eq!(groups("by=class").await.0, [group("", "-", 2, [1_210, 7_200]), group("电镜", "-", 1, [0, 7_200])]);
    assert_eq!(groups("by=class&limit=1").await.1, Some(String::new()));
    assert_eq!(groups("by=class&after=").await.0, [group("电镜", "-", 1, [0, 7_200])]);
    for (filter, count) in [("city=Hangzhou", 2), ("city=杭州市", 2), ("class=电镜", 1), ("instrument=sem-1", 1)] {
        assert_eq!(groups(&format!("by=all&{filter}")).await.0[0].2, count, "{filter}");
    }
    assert_eq!(groups("by=city&city=Nowhere").await.0, []);
    server.app.stop().await;
}

#[tokio::test]
async fn a_spreadsheet_gets_all_rows_in_hours() {
    let server = fleet().await;
    server.app.settled().await;
    let asked = async |query: &str| {
        let response = server.client.get(server.url(&format!("/api/v1/hours.csv?{query}"))).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/csv; charset=utf-8".parse().unwrap())
        );
        response.text().await.unwrap()
    };
    assert_eq!(
        asked("from=2026-11-01&to=2026-11-01&limit=1").await,
        "\u{feff}id,name,name_en,start,end,instruments,on_h,effective_h,standby_h,off_h,offline_h,unknown_h,coverage,idle_rate\n\
        sem-1,场发射扫描电镜,Field-emission SEM,2026-11-01,2026-11-01,1,0.3361,0.5028,1.0000,0.6639,0.0000,0.0000,1.0000,0.7484\n\
        sem-2,场发射扫描电镜,Field-emission SEM,2026-11-01,2026-11-01,1,0.0000,0.0000,0.0000,0.0000,0.0000,2.0000,0.0000,\n\
        xrd-1,'=1+1,Field-emission SEM,2026-11-01,2026-11-01,1,0.0000,0.0000,0.0000,0.0000,0.0000,2.0000,0.0000,\n"
    );
    // More rows than a page holds: 3 instruments × 3,651 days.
    let long = asked("from=2016-11-03&to=2026-11-01&per=day").await;
    assert_eq!(long.lines().count(), 1 + 3 * 3_651);
    assert!(long.lines().last().unwrap().starts_with("xrd-1,'=1+1,Field-emission SEM,2026-11-01"));
    server.app.stop().await;
}

#[tokio::test]
async fn a_page_of_many_periods_has_fewer_groups() {
    let server = fleet().await;
    let (_, answer) = server.get("/api/v1/hours?from=2016-11-03&to=2026-11-01&per=day").await;
    assert_eq!((answer["items"].as_array().unwrap().len(), &answer["next"]), (2 * 3_651, &json!("sem-2")));
    server.app.stop().await;
}

#[tokio::test]
async fn questions_that_cannot_be_answered_say_what_to_do() {
    let clock = ManualClock::at(MIDNIGHT);
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock, CHINA).await;
    let wrong = [
        ("hours?from=2026-11-02&to=2026-11-01", "inclusive"),
        ("hours?from=yesterday", "2026-11-01"),
        ("hours?from=1969-12-31&to=1970-01-02", "1970"),
        ("hours?from=2000-01-01&to=2026-11-01", "in parts"),
        ("hours?limit=0", "1 to 1000"),
        ("hours?by=colour", "colour"),
        ("hours?per=hour", "hour"),
        ("hours?colour=red", "colour"),
        ("hours.csv?from=1", "2026-11-01"),
        ("states?limit=10001", "10000"),
        ("states?at=1793462400001", "future"),
        ("states?at=now", "invalid"),
    ];
    for (path, says) in wrong {
        let (status, problem) = server.get(&format!("/api/v1/{path}")).await;
        assert_eq!(status, 400, "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{path}: {problem}");
    }
    for right in ["hours", "hours?to=2026-11-01&per=month", "hours?from=1970-01-01&to=1970-01-02", "states?at=0"] {
        assert_eq!(server.get(&format!("/api/v1/{right}")).await.0, 200, "{right}");
    }
    // 30 days without being asked for others.
    let (_, answer) = server.get("/api/v1/hours").await;
    assert_eq!((&answer["from"], &answer["to"]), (&json!("2026-10-03"), &json!("2026-11-01")));
    server.app.stop().await;
}

#[tokio::test]
async fn every_instruments_state_at_a_time() {
    let server = fleet().await;
    let at = async |time: i64, query: &str| {
        let (status, answer) = server.get(&format!("/api/v1/states?at={time}&{query}")).await;
        assert_eq!(status, 200, "{answer}");
        let item = |item: &Value| {
            (
                item["id"].as_str().unwrap().to_owned(),
                item["state"].as_str().unwrap().to_owned(),
                item["seq"].as_u64().unwrap(),
            )
        };
        (answer["total"].as_u64().unwrap(), answer["items"].as_array().unwrap().iter().map(item).collect::<Vec<_>>())
    };
    let held = |id: &str, state: &str, seq| (id.to_owned(), state.to_owned(), seq);
    let (unknown_2, unknown_x) = (held("sem-2", "unknown", 0), held("xrd-1", "unknown", 0));
    let (first, run) = (MIDNIGHT - 7_180 * SECOND, MIDNIGHT - 4_190 * SECOND);
    for (time, state, seq) in [
        (first - 1, "unknown", 0),
        (first, "standby", 1),
        (run - 1, "standby", 1),
        (run, "on", 2),
        (MIDNIGHT + 2 * HOUR, "off", 6),
    ] {
        assert_eq!(at(time, "").await, (3, vec![held("sem-1", state, seq), unknown_2.clone(), unknown_x.clone()]));
    }
    assert_eq!(at(run, "limit=1&offset=1").await, (3, vec![unknown_2.clone()]));
    assert_eq!(at(run, "city=Ningbo").await, (1, vec![unknown_x]));
    assert_eq!(at(run, "institution=lab&class=电镜").await, (1, vec![unknown_2]));
    let (_, answer) = server.get(&format!("/api/v1/states?at={run}&limit=1")).await;
    let one = &answer["items"][0];
    assert_eq!(
        (&one["since"], &one["end"], &one["cause"]),
        (&json!(run), &json!(run + 2_400 * SECOND), &json!("model"))
    );
    server.app.stop().await;
}
