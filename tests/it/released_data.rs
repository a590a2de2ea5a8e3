//! Data folders as released versions wrote them, in tests/fixtures/data-*: this version starts on each and finds in it
//! what that version knew.
//!
//! A release adds its own: `DAYI_WRITE_FIXTURE=data-0.2 cargo nextest run --test it released_data` writes it, and it is never
//! changed afterwards.

use crate::harness::{self, Sensor, Server, now_ms};
use crate::training;
use dayi::app::App;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const DAY_MS: i64 = 86_400_000;
const IDS: [&str; 2] = ["pump-1", "sem-2"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What a server says of these instruments before `to`, as far as it was said when they were written.
async fn known(server: &Server, to: i64) -> Value {
    let mut known = serde_json::Map::new();
    for id in IDS {
        let ask = async |what: &str| {
            let (status, answer) = server.get(&format!("/api/v1/instruments/{id}{what}")).await;
            assert_eq!(status, 200, "{what}: {answer}");
            answer
        };
        let instrument = ask("").await;
        let keep = ["id", "name", "name_en", "institution", "class", "rated_current_a"];
        let instrument: Value = keep.iter().map(|key| ((*key).to_owned(), instrument[*key].clone())).collect();
        let mut states = ask(&format!("/states?from={}&to={to}", to - 3 * DAY_MS)).await["items"].take();
        for state in states.as_array_mut().unwrap() {
            // The last one ends with the next start.
            state.as_object_mut().unwrap().remove("end");
        }
        let mut readings = Vec::new();
        for day in (1..=3).rev() {
            let span = format!("/readings?from={}&to={}", to - day * DAY_MS, to - (day - 1) * DAY_MS);
            readings.extend(ask(&span).await["readings"].as_array().unwrap().clone());
        }
        // Currents are short decimals: their sum in microamperes is exact.
        let microamperes: i64 = readings.iter().map(|at| (at[1].as_f64().unwrap() * 1e6).round() as i64).sum();
        let times: i64 = readings.iter().map(|at| at[0].as_i64().unwrap() - to).sum();
        known.insert(
            id.into(),
            json!({
                "instrument": instrument,
                "states": states,
                "readings": {"count": readings.len(), "first": readings[0], "last": readings.last(),
                    "microamperes": microamperes, "times": times},
                "labels": ask("/labels").await["items"],
                "models": ask("/models").await,
            }),
        );
    }
    known.into()
}

/// Whether everything in `expected` is in `found`; a later version may say more.
fn missing(found: &Value, expected: &Value, at: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .find_map(|(key, value)| missing(found.get(key).unwrap_or(&Value::Null), value, &format!("{at}.{key}"))),
        (Value::Array(found), Value::Array(expected)) if found.len() >= expected.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(n, (value, found))| missing(found, value, &format!("{at}[{n}]"))),
        _ => (found != expected).then(|| format!("{at}: {found} instead of {expected}")),
    }
}

/// Writes what lies packed in `from` to `to`.
fn unpack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            unpack(&path, &to.join(name));
        } else if let Some(name) = name.strip_suffix(".zst") {
            zstd::stream::copy_decode(File::open(&path).unwrap(), File::create(to.join(name)).unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn data_of_every_released_version_is_read() {
    let mut tried = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.file_name().unwrap().to_str().unwrap().starts_with("data-") {
            continue;
        }
        tried += 1;
        let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let data = tempfile::tempdir().unwrap();
        unpack(&folder, data.path());
        let mut config = harness::config(data.path());
        config.database.url = None;
        config.history.raw_days = 0;
        let app = App::start(config).await.unwrap();
        let server = Server::of(app, data);
        let found = known(&server, expected["to"].as_i64().unwrap()).await;
        assert_eq!(missing(&found, &expected["known"], ""), None, "{}", folder.display());
        // Tables above those of bindings were made anew since.
        for id in IDS {
            let (status, binding) = server.get(&format!("/api/v1/bindings/{id}")).await;
            assert_eq!((status, &binding["client_id"]), (200, &json!(id)), "{binding}");
            let (_, instrument) = server.get(&format!("/api/v1/instruments/{id}")).await;
            assert!(instrument["code"].as_str().is_some_and(|code| code.len() == 11), "{instrument}");
            assert_eq!(instrument["unit"]["id"], instrument["institution"]["id"]);
        }
        server.app.stop().await;
    }
    assert!(tried > 0);
}

/// Puts the chunks of sem-2 back into the layout of version 1, which had no delays: the version byte, the digits, and behind
/// the number of readings their times and currents.
fn make_first_chunks(data: &Path) {
    let connection = rusqlite::Connection::open(data.join("readings.db")).unwrap();
    let of = "(key & 16777215) = (SELECT number FROM instrument_number WHERE id = 'sem-2')";
    let mut chunks = connection.prepare(&format!("SELECT key, data FROM reading_chunk WHERE {of}")).unwrap();
    let chunks: Vec<(i64, Vec<u8>)> =
        chunks.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(!chunks.is_empty());
    for (key, packed) in chunks {
        let mut raw = zstd::bulk::decompress(&packed, 1 << 20).unwrap();
        // Numbers end with a byte below 128; the first one counts the readings, in zigzag.
        let ends: Vec<usize> = (2..raw.len()).filter(|at| raw[*at] < 128).collect();
        let count = raw[2..=ends[0]].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 127)) / 2;
        raw.truncate(ends[2 * count] + 1);
        raw[0] = 1;
        let first = zstd::bulk::compress(&raw, 3).unwrap();
        connection.execute("UPDATE reading_chunk SET data = ? WHERE key = ?", (first, key)).unwrap();
    }
}

#[tokio::test]
async fn the_present_format_is_written_when_asked_for() {
    let Some(name) = std::env::var_os("DAYI_WRITE_FIXTURE") else {
        eprintln!("SKIPPED: set DAYI_WRITE_FIXTURE=data-<version> to write a fixture of this version");
        return;
    };
    let server = training::start(tempfile::tempdir().unwrap()).await;
    let (mut pump, pump_token) = server.add_with_token("pump-1").await;
    let end = training::two_days(&server, &mut pump, 49).await;
    training::train(&server, json!({"author": "王老师", "instruments": ["pump-1"]})).await;
    let (mut sem, sem_token) = server.add_with_token("sem-2").await;
    for minute in 0..20 {
        sem.draw(if minute % 10 < 5 { 6.25 } else { 0.0 }, end - 3_600_000 + minute * 60_000, 60).await;
    }
    // After a stop there are snapshots.
    server.app.stop().await;
    make_first_chunks(server.data.path());
    let server = training::start(server.data).await;
    let mut pump = Sensor::connect(server.app.mqtt, "pump-1", &pump_token).await;
    pump.draw(0.0, end, 600).await;
    // These are in the journal alone.
    let mut sem = Sensor::connect(server.app.mqtt, "sem-2", &sem_token).await;
    sem.draw(1.5, end - 1_800_000, 30).await;
    let to = now_ms();
    let known = known(&server, to).await;
    let backup = tempfile::tempdir().unwrap();
    let mut command = crate::program::dayi();
    command.arg("backup").arg("--data").arg(server.data.path()).arg("--to").arg(backup.path());
    assert!(command.status().await.unwrap().success());
    server.app.stop().await;

    let folder = fixtures().join(name);
    fs::create_dir_all(folder.join("journal")).unwrap();
    let mut paths: Vec<PathBuf> = ["dayi.db", "readings.db", "snapshots.db"].map(PathBuf::from).into();
    let segments = fs::read_dir(backup.path().join("journal")).unwrap();
    paths.extend(segments.map(|entry| Path::new("journal").join(entry.unwrap().file_name())));
    for path in paths {
        let packed = format!("{}.zst", folder.join(&path).display());
        zstd::stream::copy_encode(File::open(backup.path().join(path)).unwrap(), File::create(packed).unwrap(), 19)
            .unwrap();
    }
    let expected = json!({"to": to, "known": known});
    fs::write(folder.join("expected.json"), serde_json::to_vec(&expected).unwrap()).unwrap();
}
