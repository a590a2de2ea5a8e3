//! As many readings a second as a server takes.

use crate::flood::{Counter, Flood, FloodPlan, Flooded};
use crate::load::{Plan, lay_out, sign_up};
use crate::measure::{MeasureError, Subject, all_arrived};
use crate::mqtt::QoS;
use crate::target::{Mosquitto, ProcessUse, used_by, used_by_us};
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// A server that works nothing through for this long has done.
const SILENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A flood's sensors begin so long ago: a month is as old as a reading may be, with a day to spare.
const AGO_MS: i64 = 30 * 24 * 3600 * 1000;
/// Publishes of one connection without acknowledgement: as many as dayi takes of a client at a time by default.
const WINDOW: u64 = 64;

/// One round of one target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Round {
    /// Readings that went out.
    pub sent: u64,
    /// Readings acknowledged; none at QoS 0.
    pub acknowledged: u64,
    /// dayi: worked through; Mosquitto: arrived at the subscriber.
    pub through: u64,
    /// From the first reading sent to the last one through.
    pub seconds: f64,
    /// `through` a second.
    pub per_s: f64,
    /// CPU of the server in cores.
    pub server_cores: f64,
    /// CPU of the publishers, and of Mosquitto's subscriber, in cores.
    pub client_cores: f64,
    /// Memory of the server in MB at the end.
    pub rss_mb: f64,
    /// Connections that broke.
    pub broken: u64,
}

/// All rounds of one quality of service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saturation {
    /// 0 or 1.
    pub qos: u8,
    /// Publishers.
    pub connections: usize,
    /// Of dayi.
    pub dayi: Vec<Round>,
    /// Of Mosquitto; none when it is not installed.
    pub mosquitto: Vec<Round>,
}

/// How a flood is sent in both cases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) qos: QoS,
    pub(super) connections: usize,
    pub(super) duration: Duration,
}

impl Shape {
    fn plan(self) -> FloodPlan {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        FloodPlan { qos: self.qos, window: WINDOW, duration: self.duration, first_ts_ms: now_ms - AGO_MS }
    }
}

/// A round of dayi on a new server.
pub(super) async fn dayi(program: &Path, settings: &[(String, String)], shape: Shape) -> Result<Round, MeasureError> {
    let subject = Subject::start(program, shape.connections, settings).await?;
    let lines = sign_up(&subject.api, &Plan::new(shape.connections)).await?;
    let flood = Flood::connect(subject.mqtt, &lines).await?;
    let pid = subject.pid.unwrap_or_default();
    let before = Use::now(pid)?;
    let flooded = flood.send(shape.plan()).await;
    let (mut through, mut last) = (0, Instant::now());
    while through < flooded.sent && last.elapsed() < SILENCE {
        let counts = subject.api.reading_counts().await?;
        let now = counts.processed + counts.set_aside;
        if now > through {
            (through, last) = (now, Instant::now());
        }
        if now < flooded.sent {
            sleep(LOOK_EVERY).await;
        }
    }
    let round = before.round(pid, flooded, through, last)?;
    subject.stop().await?;
    Ok(round)
}

/// A round of Mosquitto, started anew, with one subscriber.
pub(super) async fn mosquitto(shape: Shape) -> Result<Round, MeasureError> {
    let broker = Mosquitto::start().await?;
    let subscriber = Counter::subscribe(broker.address, shape.qos).await?;
    let flood = Flood::connect(broker.address, &lay_out(&Plan::new(shape.connections))).await?;
    let before = Use::now(broker.pid())?;
    let flooded = flood.send(shape.plan()).await;
    let last = all_arrived(&subscriber, flooded.sent).await;
    before.round(broker.pid(), flooded, subscriber.arrived(), last)
}

/// What server and clients had used before.
struct Use {
    server: ProcessUse,
    ours: ProcessUse,
}

impl Use {
    fn now(pid: u32) -> Result<Self, MeasureError> {
        Ok(Self { server: used_by(pid)?, ours: used_by_us()? })
    }

    fn round(&self, pid: u32, flooded: Flooded, through: u64, last: Instant) -> Result<Round, MeasureError> {
        let after = Self::now(pid)?;
        let seconds = last.duration_since(flooded.begun).as_secs_f64();
        Ok(Round {
            sent: flooded.sent,
            acknowledged: flooded.acknowledged,
            through,
            seconds,
            per_s: through as f64 / seconds,
            server_cores: (after.server.cpu_s - self.server.cpu_s) / seconds,
            client_cores: (after.ours.cpu_s - self.ours.cpu_s) / seconds,
            rss_mb: after.server.rss_bytes as f64 / 1e6,
            broken: flooded.broken,
        })
    }
}
