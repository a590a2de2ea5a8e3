//! The dashboards ask only for what dayi writes, and VictoriaMetrics can answer what they ask.

mod queries;

use crate::harness::{ADMIN, Sensor, Server, instrument, now_ms};
use crate::influx::victoria::{Victoria, free_port};
use crate::influx::{caught_up, sending};
use dayi::influx::{READING, STATE};
use dayi::platform::metric_list::{Kind, METRICS, Metric};
use queries::{Words, flux_words, prometheus_words};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every dashboard: the file's name and what is in it.
fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(root().join("dashboards/grafana/dashboards")).unwrap();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        (name, serde_json::from_str(&text).unwrap())
    };
    files.map(|file| read(file.unwrap().path())).collect()
}

/// All that a dashboard asks of a data source of this type, with where it does.
fn asked(dashboard: &Value, kind: &str) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let of_panels = panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().unwrap().iter();
        targets.map(move |target| (panel["title"].to_string(), target))
    });
    let of_panels = of_panels.filter(|(_, target)| target["datasource"]["type"] == kind).map(|(title, target)| {
        let query = if kind == "influxdb" { &target["query"] } else { &target["expr"] };
        (title, query.as_str().unwrap().to_owned())
    });
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let variables = variables.filter(|variable| variable["type"] == "query" && variable["datasource"]["type"] == kind);
    let of_variables =
        variables.map(|variable| (variable["name"].to_string(), variable["definition"].as_str().unwrap().to_owned()));
    of_panels.chain(of_variables).collect()
}

#[test]
fn every_dashboard_is_complete() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        let uid = dashboard["uid"].as_str().unwrap().to_owned();
        assert!(uids.insert(uid), "{file}: its uid is another's, too");
        assert!(dashboard["title"].as_str().unwrap().contains('/'), "{file}: a title in Chinese / English");
        assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 39, "{file}");
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        assert!(variables.iter().any(|variable| variable["name"] == "datasource"), "{file}");
        let mut ids = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(title.contains(" / "), "{file}: {title}: a title in Chinese / English");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{file}: {title}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{file}: {title}");
            let targets = panel["targets"].as_array().unwrap();
            assert!(!targets.is_empty(), "{file}: {title}");
            assert!(targets.iter().all(|target| target["datasource"] == panel["datasource"]), "{file}: {title}");
        }
        let known = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect::<BTreeSet<_>>();
        let grafanas = ["__interval", "__range", "__rate_interval"];
        for kind in ["influxdb", "prometheus"] {
            for (place, query) in asked(&dashboard, kind) {
                for name in queries::variables(&query) {
                    let there = known.contains(name.as_str()) || grafanas.contains(&name.as_str());
                    assert!(there, "{file}: {place}: no variable {name}");
                }
            }
        }
    }
    assert_eq!(uids.len(), 7);
}

/// dayi's metrics, each with its labels.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    // A histogram comes as three.
    let names = |metric: &Metric| match metric.kind {
        Kind::Histogram => ["_bucket", "_sum", "_count"].map(|part| format!("{}{part}", metric.name)).to_vec(),
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
    };
    let labels = |metric: &Metric| {
        let le = (metric.kind == Kind::Histogram).then_some("le");
        metric.labels.iter().copied().chain(le).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    METRICS.iter().flat_map(|metric| names(metric).into_iter().map(|name| (name, labels(metric)))).collect()
}

/// What InfluxDB gets, under the names VictoriaMetrics gives it; and dayi's own metrics.
fn written() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = documented();
    for measurement in [&STATE, &READING] {
        for field in measurement.fields {
            let tags = measurement.tags.iter().map(|tag| (*tag).to_owned()).collect();
            all.insert(format!("{}_{field}", measurement.name), tags);
        }
    }
    all
}

#[test]
fn queries_name_only_what_dayi_writes() {
    let written = written();
    for (file, dashboard) in dashboards() {
        for (place, query) in asked(&dashboard, "prometheus") {
            let Words { names, labels } = prometheus_words(&query);
            assert!(!names.is_empty(), "{file}: {place}: {query}");
            let mut known = BTreeSet::new();
            for name in &names {
                let has = written.get(name).unwrap_or_else(|| panic!("{file}: {place}: dayi writes no {name}"));
                known.extend(has.iter().cloned());
            }
            assert!(labels.is_subset(&known), "{file}: {place}: {labels:?} of {names:?}");
        }
        for (place, query) in asked(&dashboard, "influxdb") {
            let (measurements, fields, columns) = flux_words(&query);
            assert!(!measurements.is_empty(), "{file}: {place}: {query}");
            let of: Vec<_> = [&STATE, &READING].into_iter().filter(|known| measurements.contains(known.name)).collect();
            assert_eq!(of.len(), measurements.len(), "{file}: {place}: {measurements:?}");
            let has = |names: fn(&dayi::influx::Measurement) -> &'static [&'static str], name: &str| {
                of.iter().any(|known| names(known).contains(&name))
            };
            for field in fields {
                assert!(has(|known| known.fields, &field), "{file}: {place}: no field {field}");
            }
            for column in columns {
                assert!(has(|known| known.tags, &column), "{file}: {place}: no tag {column}");
            }
        }
    }
}

/// The tests above can fail.
#[test]
fn words_are_found() {
    let query = r#"topk(5, (time() - tlast_over_time(a_b{x=~"$y,z=\"}",u!="1"}[${w}])) and on (k) (sum by (l) (c{}) == bool 3)) or vector(0)"#;
    let Words { names, labels } = prometheus_words(query);
    assert_eq!(names, ["a_b", "c"].map(str::to_owned).into());
    assert_eq!(labels, ["k", "l", "u", "x"].map(str::to_owned).into());
    let variable = prometheus_words(r#"label_values(m{a="b"}, c)"#);
    assert_eq!((variable.names, variable.labels), (["m".to_owned()].into(), ["a", "c"].map(str::to_owned).into()));
    let flux = r#"x |> filter(fn: (r) => r._measurement == "m" and r._field == "f" and r.t =~ /^r.u$/)
        |> group(columns: ["t", "v", "_time"]) |> map(fn: (r) => ({r with w: r.w, z: r["q"]}))"#;
    let (measurements, fields, columns) = flux_words(flux);
    assert_eq!((measurements, fields), (["m".to_owned()].into(), ["f".to_owned()].into()));
    assert_eq!(columns, ["q", "t", "v"].map(str::to_owned).into());
    assert_eq!(queries::variables("a $b ${c:regex} ${d}"), ["b", "c", "d"].map(str::to_owned).into());
}

#[tokio::test]
async fn victoriametrics_answers_every_query() {
    let (kept, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let victoria = Victoria::start(kept.path(), free_port()).await;
    let mut config = sending(data.path(), &victoria.url());
    config.influx.readings = true;
    let server = Server::start_with(data, config).await;
    // One of each state that a current can show.
    for (id, current_a) in [("on", 6.0), ("standby", 1.0), ("off", 0.0)] {
        let mut new = instrument(id);
        new["class"] = json!("040102");
        let (status, added) = server.post("/api/v1/instruments", Some(ADMIN), &new).await;
        assert_eq!(status, 201, "{added}");
        let token = added["credentials"]["token"].as_str().unwrap();
        let mut sensor = Sensor::connect(server.app.mqtt, id, token).await;
        let begin = now_ms() - 600_000;
        sensor.draw(6.0, begin, 120).await;
        sensor.draw(current_a, begin + 120_000, 480).await;
    }
    caught_up(&server, "states").await;
    caught_up(&server, "readings").await;
    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let documented = documented();
    for line in metrics.lines().filter(|line| line.starts_with("dayi_")) {
        let Words { names, labels } = prometheus_words(line.rsplit_once(' ').unwrap().0);
        let known = names.first().and_then(|name| documented.get(name)).unwrap_or_else(|| panic!("{line}"));
        assert!(labels.is_subset(known), "{line}");
    }
    // As if it were scraped.
    let import = format!("{}/api/v1/import/prometheus", victoria.url());
    assert!(server.client.post(import).body(metrics).send().await.unwrap().status().is_success());
    victoria.all("instrument_state_state").await;

    let now = now_ms();
    let mut answered = 0;
    for (file, dashboard) in dashboards() {
        for (place, query) in asked(&dashboard, "prometheus") {
            if query.starts_with("label_values(") {
                continue;
            }
            let instrument = if place.contains("待机") { "standby" } else { "on" };
            let query = queries::fill(&query, instrument);
            let found = victoria.query(&query, now).await.unwrap_or_else(|error| panic!("{file}: {place}: {error}"));
            let about_states = query.contains("instrument_state_") || query.contains("instrument_reading_");
            // Nobody is offline for long.
            if about_states && !place.contains("离线最久") {
                assert!(!found.is_empty(), "{file}: {place}: {query}");
            }
            answered += 1;
        }
    }
    assert!(answered > 50, "{answered}");
    let on = victoria.query("count(last_over_time(instrument_state_state[35d]) == 4)", now).await.unwrap();
    assert_eq!(on[0].1, "1");
    server.app.stop().await;
}
