use super::packets::Packets;
use super::wire;
use crate::load::Line;
use crate::mqtt::{MqttError, QoS};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Bytes that wait for the socket before no more are made.
const FULL: usize = 16 * 1024;
/// How long publishers wait for what is on its way when the time is up.
const DRAIN: Duration = Duration::from_secs(60);
/// How many connect at a time.
const CONNECTS_AT_ONCE: usize = 100;

/// How a flood is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodPlan {
    /// How sure each reading is to arrive.
    pub qos: QoS,
    /// Publishes of one connection that may wait for their acknowledgement.
    pub window: u64,
    /// How long it is sent.
    pub duration: Duration,
    /// The first reading's time, UTC milliseconds.
    pub first_ts_ms: i64,
}

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flooded {
    /// When the first reading was sent.
    pub begun: Instant,
    /// Readings that went out.
    pub sent: u64,
    /// Readings that were acknowledged.
    pub acknowledged: u64,
    /// Connections that broke.
    pub broken: u64,
}

/// Connected publishers that have not begun.
#[derive(Debug)]
pub struct Flood(Vec<(TcpStream, String)>);

impl Flood {
    /// Connects a publisher for each line, which is a sensor.
    ///
    /// # Errors
    /// When one is not let in.
    pub async fn connect(server: SocketAddr, lines: &[Line]) -> Result<Self, MqttError> {
        let mut publishers = Vec::with_capacity(lines.len());
        for some in lines.chunks(CONNECTS_AT_ONCE) {
            let connecting = some.iter().map(|line| wire::connect(server, &line.credentials, false));
            let streams = futures::future::try_join_all(connecting).await?;
            let names = some.iter().map(|line| line.instruments.first().cloned().unwrap_or_default());
            publishers.extend(streams.into_iter().zip(names));
        }
        Ok(Self(publishers))
    }

    /// Sends until the time is up, then waits until all is written and, at QoS 1, acknowledged.
    pub async fn send(self, plan: FloodPlan) -> Flooded {
        let begun = Instant::now();
        let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let mut publishers = JoinSet::new();
        for (stream, instrument) in self.0 {
            let counts = counts.clone();
            publishers.spawn(async move {
                let mut publisher = Publisher {
                    stream,
                    packets: Packets::new(&instrument, plan.qos, plan.first_ts_ms),
                    out: Vec::with_capacity(2 * FULL),
                    acknowledged: 0,
                    half: 0,
                };
                let sent = timeout(plan.duration + DRAIN, publisher.run(plan, begun + plan.duration)).await;
                counts.0.fetch_add(publisher.packets.made(), Ordering::Relaxed);
                counts.1.fetch_add(publisher.acknowledged, Ordering::Relaxed);
                matches!(sent, Ok(Ok(())))
            });
        }
        let mut broken = 0;
        while let Some(ended) = publishers.join_next().await {
            broken += u64::from(!matches!(ended, Ok(true)));
        }
        let (sent, acknowledged) = (counts.0.load(Ordering::Relaxed), counts.1.load(Ordering::Relaxed));
        Flooded { begun, sent, acknowledged, broken }
    }
}

struct Publisher {
    stream: TcpStream,
    packets: Packets,
    out: Vec<u8>,
    acknowledged: u64,
    /// Bytes of an acknowledgement that has come in part.
    half: usize,
}

impl Publisher {
    async fn run(&mut self, plan: FloodPlan, until: Instant) -> io::Result<()> {
        let mut incoming = [0; 4096];
        let mut written = 0;
        loop {
            let over = Instant::now() >= until;
            if written == self.out.len() {
                self.out.clear();
                written = 0;
            }
            let waiting =
                |made: u64, acknowledged: u64| plan.qos == QoS::AtLeastOnce && made - acknowledged >= plan.window;
            while !over && self.out.len() < FULL && !waiting(self.packets.made(), self.acknowledged) {
                self.packets.append(&mut self.out);
            }
            let unwritten = self.out.get(written..).unwrap_or_default();
            let missing = plan.qos == QoS::AtLeastOnce && self.packets.made() > self.acknowledged;
            if unwritten.is_empty() && over && !missing {
                return Ok(());
            }
            let wanted =
                if unwritten.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
            let ready = self.stream.ready(wanted).await?;
            if ready.is_writable() && !unwritten.is_empty() {
                match self.stream.try_write(unwritten) {
                    Ok(bytes) => written += bytes,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            if ready.is_readable() {
                match self.stream.try_read(&mut incoming) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    // A server has nothing but PUBACKs of four bytes for a publisher without keep-alive pings.
                    Ok(bytes) => {
                        self.half += bytes;
                        self.acknowledged += (self.half / 4) as u64;
                        self.half %= 4;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
