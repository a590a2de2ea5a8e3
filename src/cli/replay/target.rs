use crate::app::App;
use crate::catalog::NewToken;
use crate::cli::command::Failure;
use crate::platform::config::Config;
use dayi_models::{Level, Sample};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tempfile::TempDir;

/// How long the server's answer must stay the same before it counts as complete.
const SETTLE: Duration = Duration::from_millis(500);

/// The server that a trace is played into: a running one, or one of its own that leaves nothing behind.
pub(super) struct Target {
    url: String,
    client: reqwest::Client,
    own: Option<(App, TempDir)>,
}

/// An instrument and what its sensor needs to connect.
pub(super) struct Sensor {
    pub(super) instrument: String,
    pub(super) token: String,
    pub(super) mqtt: SocketAddr,
}

/// When a state was decided, and which it is; `None` where it is unknown or offline.
pub(super) type Decision = (i64, Option<Level>);

#[derive(Deserialize)]
struct States {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    state: String,
    decided: i64,
}

impl Target {
    /// A server of its own on free ports, with data that is removed at the end.
    pub(super) async fn own() -> Result<Self, Failure> {
        let data = tempfile::tempdir()?;
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let admin = NewToken::generate().token;
        let mut config = Config::of_folder(data.path());
        config.http.listen = free;
        config.http.admin_token = Some(admin.clone());
        config.mqtt.listen = free;
        let app = App::start(config).await?;
        let client = client(&admin)?;
        Ok(Self { url: format!("http://{}", app.http), client, own: Some((app, data)) })
    }

    /// The server at `url`, which lets in whoever shows `admin`.
    pub(super) fn running(url: &str, admin: &str) -> Result<Self, Failure> {
        let client = client(admin)?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client, own: None })
    }

    /// Adds an instrument for the trace.
    pub(super) async fn add(&self, instrument: &str, rated_a: Option<f32>) -> Result<Sensor, Failure> {
        let body = json!({
            "id": instrument,
            "name": format!("回放 {instrument}"),
            "name_en": format!("Replay of {instrument}"),
            "institution": {"id": "replay", "name": "录制回放", "name_en": "Replayed traces",
                "city": "回放", "city_en": "Replay"},
            "rated_current_a": rated_a,
        });
        let added = self.write("instruments", &body).await?;
        let token = added["credentials"]["token"].as_str().ok_or("the server gave no token")?.to_owned();
        let health = understood(self.client.get(format!("{}/healthz", self.url)).send().await?).await?;
        let mqtt = health["mqtt"].as_str().ok_or("the server does not say where sensors connect")?.parse()?;
        Ok(Sensor { instrument: instrument.to_owned(), token, mqtt })
    }

    /// Paints the labels over the samples; the two go together by index.
    pub(super) async fn paint(
        &self,
        instrument: &str,
        samples: &[Sample],
        labels: &[Option<Level>],
    ) -> Result<(), Failure> {
        let mut spans: Vec<Value> = Vec::new();
        let mut held: Option<(Level, i64)> = None;
        for (sample, label) in samples.iter().zip(labels) {
            if held.map(|(level, _)| level) != *label {
                spans.extend(held.map(|(level, start)| span(level, start, sample.ts_ms)));
                held = label.map(|level| (level, sample.ts_ms));
            }
        }
        spans.extend(held.zip(samples.last()).map(|((level, start), last)| span(level, start, last.ts_ms)));
        for part in spans.chunks(1_000) {
            let body = json!({"author": "replay", "spans": part});
            self.write(&format!("instruments/{instrument}/labels"), &body).await?;
        }
        Ok(())
    }

    /// Trains a model of the instrument and returns when the job is over, and whether the model serves; the job's log goes
    /// to standard error.
    pub(super) async fn train(&self, instrument: &str) -> Result<bool, Failure> {
        let job = self.write("training/jobs", &json!({"author": "replay", "instruments": [instrument]})).await?;
        let job = format!("{}/api/v1/training/jobs/{}", self.url, job["id"].as_str().unwrap_or_default());
        let mut told = 0;
        loop {
            let log = format!("{job}/log?after={told}&wait_s=60");
            let log = understood(self.client.get(log).send().await?).await?;
            for line in log["items"].as_array().into_iter().flatten() {
                eprintln!("{}", line["line"].as_str().unwrap_or_default());
                told = line["number"].as_i64().unwrap_or(told);
            }
            match log["state"].as_str() {
                Some("queued" | "running") => {}
                Some("done") => {
                    let job = understood(self.client.get(&job).send().await?).await?;
                    return Ok(job["progress"]["promoted"] == 1);
                }
                other => return Err(format!("the training ended as {}", other.unwrap_or("unknown")).into()),
            }
        }
    }

    async fn write(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(format!("{}/api/v1/{path}", self.url));
        understood(request.json(body).send().await?).await
    }

    /// The decisions on `[from_ms, to_ms]`, once the server has worked through what it acknowledged.
    pub(super) async fn decisions(&self, instrument: &str, from_ms: i64, to_ms: i64) -> Result<Vec<Decision>, Failure> {
        let url = format!("{}/api/v1/instruments/{instrument}/states?from={from_ms}&to={}", self.url, to_ms + 1);
        let mut seen = None;
        loop {
            let answer = understood(self.client.get(&url).send().await?).await?;
            let States { items } = serde_json::from_value(answer)?;
            let last = items.last().map(|item| item.decided);
            if seen == Some((items.len(), last)) {
                return Ok(items.into_iter().map(|item| (item.decided, item.state.parse().ok())).collect());
            }
            seen = Some((items.len(), last));
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// Stops the server if it was started for this.
    pub(super) async fn leave(self) {
        if let Some((app, data)) = self.own {
            app.stop().await;
            drop(data);
        }
    }
}

/// Shows the token with every request.
fn client(token: &str) -> Result<reqwest::Client, Failure> {
    let shown = format!("Bearer {token}").parse()?;
    let headers = [(reqwest::header::AUTHORIZATION, shown)].into_iter().collect();
    Ok(reqwest::Client::builder().default_headers(headers).build()?)
}

fn span(level: Level, start: i64, end: i64) -> Value {
    json!({"start": start, "end": end, "state": level.as_str()})
}

/// The answer's JSON, or the problem in words.
async fn understood(answer: reqwest::Response) -> Result<Value, Failure> {
    let status = answer.status();
    let body: Value = answer.json().await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(format!("the server refused: {}", body["detail"].as_str().unwrap_or(status.as_str())).into())
}
