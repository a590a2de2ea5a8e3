//! VictoriaMetrics, as Debian has it.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// A running VictoriaMetrics; killed when it is dropped.
pub(crate) struct Victoria {
    child: Child,
    port: u16,
    client: reqwest::Client,
}

/// A series: its labels, `__name__` among them.
pub(crate) type Labels = BTreeMap<String, String>;

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Victoria {
    /// Starts it and returns when it answers.
    pub(crate) async fn start(data: &Path, port: u16) -> Self {
        let child = Command::new("victoria-metrics")
            .arg(format!("-storageDataPath={}", data.display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .args(["-memory.allowedBytes=64MB", "-retentionPeriod=1y", "-search.latencyOffset=0s"])
            .args(["-search.disableCache", "-loggerLevel=ERROR"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("VictoriaMetrics: `make tools` installs it");
        let victoria = Self { child, port, client: reqwest::Client::new() };
        while victoria.client.get(format!("{}/health", victoria.url())).send().await.is_err() {}
        victoria
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it the hard way.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Its process.
    #[allow(dead_code, reason = "for benches/influx.rs")]
    pub(crate) fn pid(&self) -> String {
        self.child.id().unwrap().to_string()
    }

    /// How many values the series of this name have.
    #[allow(dead_code, reason = "for benches/influx.rs")]
    pub(crate) async fn count(&self, name: &str) -> u64 {
        self.client.get(format!("{}/internal/force_flush", self.url())).send().await.unwrap();
        let query = format!("sum(count_over_time({name}[1d]))");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let found = self.query(&query, i64::try_from(now.as_millis()).unwrap()).await.unwrap();
        found.first().map_or(0, |(_, count)| count.parse().unwrap())
    }

    /// Everything of a measurement's field: the values by time, an instrument each.
    pub(crate) async fn all(&self, name: &str) -> BTreeMap<String, BTreeSet<(i64, String)>> {
        let mut all: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for (labels, values) in self.export(name).await {
            all.entry(labels["instrument"].clone()).or_default().extend(values);
        }
        all
    }

    /// Every series of this name with its values.
    pub(crate) async fn export(&self, name: &str) -> Vec<(Labels, BTreeSet<(i64, String)>)> {
        // What came in a moment ago is found after this.
        self.client.get(format!("{}/internal/force_flush", self.url())).send().await.unwrap();
        let query = [("match[]", name), ("start", "0"), ("end", "4000000000")];
        let answer = self.client.get(format!("{}/api/v1/export", self.url())).query(&query).send().await.unwrap();
        let series = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let labels = serde_json::from_value(line["metric"].clone()).unwrap();
            let times = line["timestamps"].as_array().unwrap().iter().map(|time| time.as_i64().unwrap());
            let values = line["values"].as_array().unwrap().iter().map(Value::to_string);
            (labels, times.zip(values).collect())
        };
        answer.text().await.unwrap().lines().map(series).collect()
    }

    /// The answer to an instant query at `at_ms`: each series' labels and its value.
    pub(crate) async fn query(&self, query: &str, at_ms: i64) -> Result<Vec<(Labels, String)>, String> {
        let at = format!("{}", at_ms as f64 / 1_000.0);
        let request = self.client.get(format!("{}/api/v1/query", self.url())).query(&[("query", query), ("time", &at)]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        if answer["status"] != "success" {
            return Err(answer.to_string());
        }
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default().into_iter().map(|series| {
            let labels = serde_json::from_value(series["metric"].clone()).unwrap();
            (labels, series["value"][1].as_str().unwrap_or_default().to_owned())
        });
        Ok(series.collect())
    }
}
