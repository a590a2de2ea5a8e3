//! A whole server on free ports with a data folder of its own, and clients for it.

use dayi::app::App;
use dayi::domain::ManualClock;
use dayi::platform::config::Config;
use futures::StreamExt;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) const ADMIN: &str = "test-admin-token";
pub(crate) const SERVICE: &str = "test-service-token";

pub(crate) fn config(data: &Path) -> Config {
    let mut config = Config::of_folder(data);
    config.database.url = crate::database::url(data);
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.http.admin_token = Some(ADMIN.into());
    config.mqtt.service_token = Some(SERVICE.into());
    config.mqtt.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config
}

pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) data: TempDir,
    pub(crate) client: reqwest::Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    pub(crate) async fn start_in(data: TempDir) -> Self {
        let config = config(data.path());
        Self::start_with(data, config).await
    }

    /// The same with settings of one's own.
    pub(crate) async fn start_with(data: TempDir, config: Config) -> Self {
        let app = App::start(config).await.unwrap();
        Self::of(app, data)
    }

    /// Starts with a clock of the test's, and days in a zone so many minutes east of UTC.
    pub(crate) async fn start_at(data: TempDir, clock: &ManualClock, zone_minutes: i32) -> Self {
        let config = Config { zone_minutes, ..config(data.path()) };
        let app = App::start_at(config, Arc::new(clock.clone())).await.unwrap();
        Self::of(app, data)
    }

    pub(crate) fn of(app: App, data: TempDir) -> Self {
        Self { app, data, client: showing(ADMIN) }
    }

    /// Stops the server and starts another on the same data.
    pub(crate) async fn restart(self) -> Self {
        self.app.stop().await;
        Self::start_in(self.data).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.http)
    }

    /// Asks when everything acknowledged before has been worked through.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.app.settled().await;
        let response = self.client.get(self.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let client = token.map_or_else(reqwest::Client::new, showing);
        let request = client.post(self.url(path)).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Writes with the administrator's token; an answer without a body is null.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        self.admin(self.client.put(self.url(path)).json(body)).await
    }

    /// The same: deletes.
    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.admin(self.client.delete(self.url(path))).await
    }

    async fn admin(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.bearer_auth(ADMIN).send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// Adds an instrument of 10 A and returns its sensor.
    pub(crate) async fn add(&self, id: &str) -> Sensor {
        self.add_with_token(id).await.0
    }

    /// The same, and the sensor's token.
    pub(crate) async fn add_with_token(&self, id: &str) -> (Sensor, String) {
        let (status, added) = self.post("/api/v1/instruments", Some(ADMIN), &instrument(id)).await;
        assert_eq!(status, 201, "{added}");
        let credentials = &added["credentials"];
        let token = credentials["token"].as_str().unwrap();
        let client_id = credentials["client_id"].as_str().unwrap();
        (Sensor::connect(self.app.mqtt, client_id, token).await, token.to_owned())
    }

    /// A page that looks at everything; its snapshot has come, and is the next frame but two.
    pub(crate) async fn live(&self) -> Live {
        let mut live = Live::connect(self.app.http).await;
        live.send(json!({"type": "auth", "token": ADMIN})).await;
        live.send(json!({"type": "subscribe"})).await;
        let mut seen = VecDeque::new();
        while seen.back().is_none_or(|frame: &Value| frame["type"] != "snapshot") {
            seen.push_back(live.frame().await.unwrap());
        }
        live.seen = seen;
        live
    }
}

/// A client that shows this token unless a request shows another.
pub(crate) fn showing(token: &str) -> reqwest::Client {
    let token = format!("Bearer {token}").parse().unwrap();
    let headers = [(reqwest::header::AUTHORIZATION, token)].into_iter().collect();
    reqwest::Client::builder().default_headers(headers).build().unwrap()
}

pub(crate) fn instrument(id: &str) -> Value {
    json!({
        "id": id,
        "name": "场发射扫描电镜",
        "name_en": "Field-emission SEM",
        "institution": {"id": "lab", "name": "测试中心", "name_en": "Test Centre", "city": "杭州市", "city_en": "Hangzhou"},
        "rated_current_a": 10.0
    })
}

/// UTC milliseconds.
pub(crate) fn now_ms() -> i64 {
    use dayi::domain::{Clock, SystemClock};
    SystemClock.now_ms()
}

/// A sensor with an MQTT client that others wrote.
pub(crate) struct Sensor {
    client: AsyncClient,
    acknowledged: tokio::sync::mpsc::UnboundedReceiver<()>,
    id: String,
}

impl Sensor {
    pub(crate) async fn connect(mqtt: SocketAddr, client_id: &str, token: &str) -> Self {
        let mut options = MqttOptions::new(client_id, mqtt.ip().to_string(), mqtt.port());
        options
            .set_credentials("dayi", token)
            .set_keep_alive(Duration::from_secs(60))
            .set_max_packet_size(262_144, 262_144);
        let (client, mut events) = AsyncClient::new(options, 64);
        loop {
            if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await.unwrap() {
                break;
            }
        }
        let (sender, acknowledged) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if matches!(event, Event::Incoming(Packet::PubAck(_))) {
                    let _ = sender.send(());
                }
            }
        });
        Self { client, acknowledged, id: client_id.into() }
    }

    /// Publishes one payload at QoS 1 and returns when it is acknowledged.
    pub(crate) async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).await.unwrap();
        self.acknowledged.recv().await.unwrap();
    }

    /// Sends `seconds` readings, one a second, the first at `start_ms`, in one payload.
    pub(crate) async fn draw(&mut self, current_a: f64, start_ms: i64, seconds: i64) {
        let readings: Vec<Value> =
            (0..seconds).map(|n| json!({"ts": start_ms + n * 1000, "current": current_a})).collect();
        let topic = format!("dayi/v1/{}/telemetry", self.id);
        self.publish(&topic, serde_json::to_vec(&readings).unwrap()).await;
    }
}

/// A page's live connection.
pub(crate) struct Live {
    socket: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
    /// Frames that came and were not asked for yet.
    seen: VecDeque<Value>,
}

impl Live {
    /// A connection that has not said yet who it is.
    pub(crate) async fn connect(http: SocketAddr) -> Self {
        Self::connect_with(format!("ws://{http}/api/v1/live").into_client_request().unwrap()).await
    }

    /// The same with headers of one's own.
    pub(crate) async fn connect_with(request: Request) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Self { socket, seen: VecDeque::new() }
    }

    /// The next frame, or the code and reason with which the server closes.
    pub(crate) async fn frame(&mut self) -> Result<Value, (u16, String)> {
        if let Some(frame) = self.seen.pop_front() {
            return Ok(frame);
        }
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => return Err((frame.code.into(), frame.reason.to_string())),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next frame; an error when the connection ended, in whatever way.
    pub(crate) async fn frame_or_end(&mut self) -> Result<Value, ()> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err(()),
            }
        }
    }

    /// Returns when the connection has ended, in whatever way.
    pub(crate) async fn closed(&mut self) {
        while self.frame_or_end().await.is_ok() {}
    }

    /// The next frame in the compact form.
    pub(crate) async fn binary(&mut self) -> Vec<u8> {
        loop {
            if let Message::Binary(bytes) = self.socket.next().await.unwrap().unwrap() {
                return bytes.to_vec();
            }
        }
    }

    /// The next frame of this type; others are passed over.
    pub(crate) async fn next(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame().await.unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Returns when the server has done what it was sent before.
    pub(crate) async fn done(&mut self) {
        self.send(json!({"type": "subscribe"})).await;
        self.next("snapshot").await;
    }

    /// The next change of the instrument to this state.
    pub(crate) async fn change_to(&mut self, id: &str, state: &str) -> Value {
        loop {
            let delta = self.next("delta").await;
            let found = delta["changes"]
                .as_array()
                .unwrap()
                .iter()
                .find(|change| change["id"] == id && change["state"] == state);
            if let Some(change) = found {
                return change.clone();
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        use futures::SinkExt;
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }
}
