//! The server's HTTP API, as far as a measurement needs it.

use super::error::TargetError;
use crate::mqtt::Secret;
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The most instruments the server adds in one request.
const BATCH: usize = 1_000;
/// The longest span of readings the server answers at a time.
const DAY_MS: i64 = 24 * 3600 * 1000;
/// The most intervals the server answers at a time.
const MOST_INTERVALS: usize = 10_000;

/// A client of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Api {
    client: Client,
    /// Where the server listens.
    pub address: SocketAddr,
    admin_token: Secret,
}

/// An instrument to be added, with the way its sensor speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct NewInstrument {
    /// Its id, and its sensor's name.
    pub id: String,
    /// The sensor's dialect.
    pub dialect: &'static str,
}

/// What a client says in CONNECT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Credentials {
    /// Its name.
    pub client_id: String,
    /// Its password.
    pub token: Secret,
}

/// A state that held, as the API tells it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Interval {
    /// The sequence number of the transition that began it.
    pub seq: u64,
    /// The state.
    pub state: String,
    /// UTC milliseconds, inclusive.
    pub start: i64,
    /// UTC milliseconds, exclusive; `None` while it lasts.
    pub end: Option<i64>,
    /// The time of the reading or deadline that decided it.
    pub decided: i64,
    /// What began it.
    pub cause: String,
}

/// What became of the readings a server received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingCounts {
    /// Worked through by their actors.
    pub processed: u64,
    /// Received twice or too late to change a state.
    pub set_aside: u64,
}

impl Api {
    /// A client of the server at `address`; `admin_token` lets in.
    #[must_use]
    pub fn new(address: SocketAddr, admin_token: Secret) -> Self {
        Self { client: Client::new(), address, admin_token }
    }

    /// What it shows the server.
    #[must_use]
    pub fn token(&self) -> &Secret {
        &self.admin_token
    }

    /// The same client for a server that has moved.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Adds instruments; with a `gateway`, one client reports for all of them, and there may be no more than fit into one
    /// request. Returns the credentials of each client, in order.
    ///
    /// # Errors
    /// When the server does not do it.
    pub async fn add(
        &self,
        gateway: Option<&str>,
        instruments: &[NewInstrument],
    ) -> Result<Vec<Credentials>, TargetError> {
        #[derive(Deserialize)]
        struct Added {
            credentials: Vec<Credentials>,
        }
        let mut credentials = Vec::with_capacity(instruments.len());
        for part in instruments.chunks(BATCH) {
            let instruments: Vec<Value> = part.iter().map(described).collect();
            let body = match gateway {
                Some(client_id) => json!({"client_id": client_id, "instruments": instruments}),
                None => json!({"instruments": instruments}),
            };
            let url = self.url("/api/v1/instruments/batch");
            let request = self.client.post(&url).bearer_auth(self.admin_token.expose()).json(&body);
            let added: Added = answer(url, request).await?;
            credentials.extend(added.credentials);
        }
        Ok(credentials)
    }

    /// Every reading of an instrument in `[from_ms, to_ms)`: UTC milliseconds and ampere.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn readings(&self, id: &str, from_ms: i64, to_ms: i64) -> Result<Vec<(i64, f32)>, TargetError> {
        #[derive(Deserialize)]
        struct Readings {
            readings: Vec<(i64, f32)>,
        }
        let mut all = Vec::new();
        let mut from = from_ms;
        while from < to_ms {
            let to = to_ms.min(from + DAY_MS);
            let part: Readings = self.get(&format!("/api/v1/instruments/{id}/readings?from={from}&to={to}")).await?;
            all.extend(part.readings);
            from = to;
        }
        Ok(all)
    }

    /// Every state of an instrument, oldest first.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn intervals(&self, id: &str) -> Result<Vec<Interval>, TargetError> {
        #[derive(Deserialize)]
        struct States {
            items: Vec<Interval>,
        }
        let mut all: Vec<Interval> = Vec::new();
        loop {
            // An answer is limited: go on at the last one, which is told again.
            let last = all.pop();
            let from = last.as_ref().map_or(0, |interval| interval.start);
            let url = format!("/api/v1/instruments/{id}/states?from={from}&to={}", i64::MAX);
            let part: States = self.get(&url).await?;
            let full = part.items.len() == MOST_INTERVALS;
            all.extend(part.items.into_iter().filter(|item| last.as_ref().is_none_or(|last| item.seq >= last.seq)));
            if !full {
                return Ok(all);
            }
        }
    }

    /// What became of the readings the server received since it started.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn reading_counts(&self) -> Result<ReadingCounts, TargetError> {
        let url = self.url("/metrics");
        let asked = async { self.client.get(&url).send().await?.text().await };
        let text = asked.await.map_err(|source| TargetError::NoAnswer { url: url.clone(), source })?;
        let processed = metric(&text, "dayi_readings_processed_total")
            .ok_or(TargetError::NoMetric("dayi_readings_processed_total"))?;
        Ok(ReadingCounts { processed, set_aside: metric(&text, "dayi_readings_set_aside_total").unwrap_or(0) })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, TargetError> {
        let url = self.url(path);
        let request = self.client.get(&url).bearer_auth(self.admin_token.expose());
        answer(url, request).await
    }
}

async fn answer<T: DeserializeOwned>(url: String, request: RequestBuilder) -> Result<T, TargetError> {
    let no_answer = |source| TargetError::NoAnswer { url: url.clone(), source };
    let response = request.send().await.map_err(no_answer)?;
    let status = response.status();
    if !status.is_success() {
        let body = response.text().await.unwrap_or_default();
        return Err(TargetError::Answer { url, status: status.as_u16(), body });
    }
    response.json().await.map_err(no_answer)
}

fn described(instrument: &NewInstrument) -> Value {
    let institution = json!({
        "id": "loadtest", "name": "负载测试中心", "name_en": "Load Test Centre", "city": "杭州市", "city_en": "Hangzhou"
    });
    json!({
        "id": instrument.id, "name": "方波仪", "name_en": "Square-wave instrument", "institution": institution,
        "rated_current_a": 10.0,
        "sensor": {"dialect": instrument.dialect, "prefix": instrument.id, "volts": 230.0, "power_factor": 1.0}
    })
}

/// The sum over all labels of a counter in the text format of Prometheus.
fn metric(text: &str, name: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name).filter(|rest| rest.starts_with([' ', '{']))?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    values.reduce(|a, b| a + b).map(|sum| sum as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_summed_over_its_labels_and_told_from_its_neighbours() {
        let text = "# TYPE a counter\na 5\na_total{why=\"late\"} 3\na_total{why=\"x y\"} 4\nb 1\n";
        assert_eq!(metric(text, "a"), Some(5));
        assert_eq!(metric(text, "a_total"), Some(7));
        assert_eq!(metric(text, "c"), None);
    }
}
