//! Hours and states at a time of 10,000 instruments over 60 days, asked for over HTTP.

use crate::figures;
use dayi::app::App;
use dayi::domain::{Clock, SystemClock};
use dayi::history::{Hours, Zone};
use dayi::platform::config::Config;
use dayi::platform::db::Db;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const INSTRUMENTS: i64 = 10_000;
const INSTITUTIONS: i64 = 400;
const DAYS: i64 = 60;
const DAY_MS: i64 = 24 * 3_600_000;
/// Times each question is asked.
const TIMES: usize = 30;

pub async fn measure(a_day: i64) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    Db::open(&config).await.unwrap().close().await;
    let now_ms = SystemClock.now_ms();
    let what = format!("{INSTRUMENTS} instruments, {} intervals written", INSTRUMENTS * DAYS * a_day);
    figures::once(&what, || fill(folder.path(), a_day, now_ms));
    let size = std::fs::metadata(folder.path().join("dayi.db")).unwrap().len();
    println!("dayi.db {} MB", size / 1_000_000);
    count(&config).await;
    ask(config, now_ms).await;
}

/// Counts all days from the intervals, as after an update.
async fn count(config: &Config) {
    let db = Db::open(config).await.unwrap();
    let (_, count) = Hours::new(db.clone(), Zone::east(config.zone_minutes)).await.unwrap();
    let begun = Instant::now();
    count.run(CancellationToken::new()).await;
    println!("{:60} {:8.1} s", "all days counted anew", begun.elapsed().as_secs_f64());
    db.close().await;
}

async fn ask(mut config: Config, now_ms: i64) {
    config.http.listen = ([127, 0, 0, 1], 0).into();
    config.mqtt.listen = ([127, 0, 0, 1], 0).into();
    // No sensor will report: what lasts is to last.
    config.states.startup_grace_s = 24 * 3_600;
    let zone_ms = i64::from(config.zone_minutes) * 60_000;
    config.http.admin_token = Some("bench".into());
    let app = App::start(config).await.unwrap();
    app.settled().await;
    let day = |ms: i64| jiff::Timestamp::from_millisecond(ms + zone_ms).unwrap().strftime("%Y-%m-%d").to_string();
    let span = format!("from={}&to={}", day(now_ms - (DAYS - 1) * DAY_MS), day(now_ms));
    let mut questions = Vec::new();
    for by in ["instrument", "institution", "city", "class", "all"] {
        for per in ["total", "month", "week", "day"] {
            questions.push(format!("hours?{span}&by={by}&per={per}&limit=1000"));
        }
    }
    questions.push(format!("hours?{span}&by=instrument&per=day&instrument=i05000"));
    questions.push(format!("hours?{span}&by=all&per=total&institution=lab-100"));
    questions.push(format!("hours?{span}&by=all&per=total&unit=city-3"));
    let month = format!("from={}&to={}", day(now_ms - 29 * DAY_MS), day(now_ms));
    for asked in [
        "idle?limit=100",
        "idle?limit=100&sort=kwh&idle=standby",
        "idle/summary?by=institution",
        "idle/summary?by=class",
    ] {
        questions.push(format!("{asked}&{month}"));
    }
    questions.push("models?limit=100".to_owned());
    for ago in [0, 1, DAYS / 2, DAYS] {
        questions.push(format!("states?limit=10000&at={}", now_ms - ago * DAY_MS));
    }
    questions.push(format!("states?limit=1000&offset=5000&at={}", now_ms - DAYS / 2 * DAY_MS));
    questions.push(format!("instruments/i05000/states?from={}&to={now_ms}", now_ms - DAYS * DAY_MS));
    let shown = [(reqwest::header::AUTHORIZATION, "Bearer bench".parse().unwrap())];
    let client = reqwest::Client::builder().default_headers(shown.into_iter().collect()).build().unwrap();
    let begun = Instant::now();
    // Refused until all time on standby is counted, which is done beside everything else.
    while client.get(format!("http://{}/api/v1/idle?limit=1", app.http)).send().await.unwrap().status() == 503 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("{:60} {:8.1} s", "all time on standby counted", begun.elapsed().as_secs_f64());
    for question in questions {
        let url = format!("http://{}/api/v1/{question}", app.http);
        let mut took = Vec::with_capacity(TIMES);
        let mut bytes = 0;
        let cpu_s = figures::cpu_s();
        for _ in 0..TIMES {
            let (time, length) = get(&client, &url).await;
            took.push(time);
            bytes = length;
        }
        let asked = question.replace(&format!("{span}&"), "").replace(&month, "").replace(&now_ms.to_string(), "now");
        figures::print(&format!("{asked} ({} KB)", bytes / 1_000), took, figures::cpu_s() - cpu_s);
    }
    for by in ["institution&per=day", "instrument&per=total", "instrument&per=day"] {
        let (time, bytes) = get(&client, &format!("http://{}/api/v1/hours.csv?{span}&by={by}", app.http)).await;
        println!("{:60} {:8.1} s", format!("hours.csv?by={by} ({} KB)", bytes / 1_000), time.as_secs_f64());
    }
    app.stop().await;
}

async fn get(client: &reqwest::Client, url: &str) -> (Duration, usize) {
    let begun = Instant::now();
    let response = client.get(url).send().await.unwrap().error_for_status().unwrap();
    let bytes = response.bytes().await.unwrap().len();
    (begun.elapsed(), bytes)
}

/// Writes the catalogue and every instrument's intervals, which change `a_day` times a day.
fn fill(folder: &Path, a_day: i64, now_ms: i64) {
    let mut db = Connection::open(folder.join("dayi.db")).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    let transaction = db.transaction().unwrap();
    let unit = "INSERT INTO unit VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, 1)";
    for n in 0..11 {
        let row = params![
            format!("city-{n}"),
            "province",
            "city",
            format!("城市{n}"),
            format!("City {n}"),
            format!("province/city-{n}/")
        ];
        transaction.execute(unit, row).unwrap();
    }
    for n in 0..INSTITUTIONS {
        let (id, city) = (format!("lab-{n:03}"), n % 11);
        let row = params![
            id,
            format!("city-{city}"),
            "institution",
            format!("测试中心{n}"),
            format!("Centre {n}"),
            format!("province/city-{city}/{id}/")
        ];
        transaction.execute(unit, row).unwrap();
    }
    for n in 0..INSTRUMENTS {
        let row = params![
            format!("i{n:05}"),
            format!("lab-{:03}", n * 7 % INSTITUTIONS),
            format!("电镜{n}"),
            format!("SEM {n}"),
            format!("class {}", n % 23)
        ];
        let sql = "INSERT INTO instrument (id, unit_id, name, name_en, class, maker, model, rated_current_a)
            VALUES (?1, ?2, ?3, ?4, ?5, 'maker', 'model', 10.0)";
        transaction.execute(sql, row).unwrap();
    }
    transaction.commit().unwrap();
    let (step, first_ms) = (DAY_MS / a_day, now_ms - DAYS * DAY_MS);
    let mut number = 0_i64;
    // All instruments of a day before the next day, as they come.
    for day in 0..DAYS {
        let transaction = db.transaction().unwrap();
        let sql = "INSERT INTO state_interval VALUES (?1, ?2, ?3, ?4, ?5, ?4, 0.9, 0, 'threshold-v1', 0, ?6)";
        let mut insert = transaction.prepare(sql).unwrap();
        for n in 0..INSTRUMENTS {
            let id = format!("i{n:05}");
            for k in day * a_day..(day + 1) * a_day {
                // Off, standby and on in turns; lengths from nearly nothing to twice the step.
                let at = |k: i64| first_ms + k * step + (k * 7_919 + n * 104_729) % step;
                let end = (k + 1 < DAYS * a_day).then(|| at(k + 1));
                number += 1;
                insert.execute(params![id, k + 1, 2 + (k % 4).min(4 - k % 4), at(k), end, number]).unwrap();
            }
        }
        drop(insert);
        transaction.commit().unwrap();
    }
}
