//! A front on a free port, with a directory, instruments and states that the test controls.

use super::wire::{Version, Wire};
use bytes::Bytes;
use dayi::domain::{InstrumentId, ManualClock, Reading};
use dayi::ingest::DeliverError;
use dayi::ingest::{
    Binding, Directory, Front, FrontConfig, Handover, Identity, Ports, Publisher, Refusals, Refused, Rights, States,
};
use futures::future::BoxFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(super) const NOW: i64 = 1_700_000_000_000;

pub(super) struct Bench {
    pub(super) addr: SocketAddr,
    pub(super) tls_addr: Option<SocketAddr>,
    pub(super) sink: SharedSink,
    pub(super) refusals: Refusals,
    pub(super) publisher: Publisher,
    pub(super) stop: CancellationToken,
    pub(super) running: JoinHandle<()>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(configure: impl FnOnce(&mut FrontConfig)) -> Self {
        let mut config = FrontConfig { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..FrontConfig::default() };
        configure(&mut config);
        let sink = SharedSink::default();
        let ports = ports(&sink);
        let front = Front::bind(config, ports).unwrap();
        let (addr, tls_addr) = (front.local_addr(), front.tls_addr());
        let (refusals, publisher) = (front.refusals(), front.publisher());
        let stop = CancellationToken::new();
        let running = tokio::spawn(front.run(stop.clone()));
        Self { addr, tls_addr, sink, refusals, publisher, stop, running }
    }

    /// A client that was let in.
    pub(super) async fn client(&self, version: Version, id: &str) -> Wire {
        let mut wire = Wire::open(self.addr, version).await;
        wire.connect(id).await;
        assert_eq!(wire.connack().await, 0, "{id} was not let in");
        wire
    }

    pub(super) async fn v4(&self, id: &str) -> Wire {
        self.client(Version::V4, id).await
    }

    pub(super) async fn v5(&self, id: &str) -> Wire {
        self.client(Version::V5, id).await
    }

    /// A sensor and a subscriber that did nothing wrong, of whom the test makes sure that they still work at its end.
    pub(super) async fn innocents(&self) -> Innocents {
        let sensor = self.v4("s-innocent").await;
        let mut subscriber = self.v4("svc-innocent").await;
        subscriber.subscribe(&["innocent/+"], 1).await;
        Innocents { sensor, subscriber, round: 0 }
    }
}

pub(super) struct Innocents {
    sensor: Wire,
    subscriber: Wire,
    round: u8,
}

impl Innocents {
    /// Those who were connected and those who come now are served: readings, messages, and the front itself.
    pub(super) async fn still_work(&mut self, bench: &Bench) {
        self.round += 1;
        let before = bench.sink.readings_of("s-innocent").len();
        self.sensor.publish("dayi/v1/s-innocent/telemetry", br#"{"current":1}"#, 1, 7).await;
        assert_eq!(self.sensor.packet().await, Some((0x40, vec![0, 7])));
        assert_eq!(bench.sink.readings_of("s-innocent").len(), before + 1);

        let mut newcomer = bench.v5(&format!("svc-newcomer-{}", self.round)).await;
        newcomer.publish("innocent/x", &[self.round], 1, 9).await;
        assert_eq!(newcomer.packet().await.unwrap().0, 0x40);
        let (topic, payload, pkid) = self.subscriber.message().await;
        assert_eq!((topic.as_str(), &payload[..]), ("innocent/x", &[self.round][..]));
        self.subscriber.puback(pkid).await;
    }
}

pub(super) fn ports(sink: &SharedSink) -> Ports {
    Ports {
        directory: Arc::new(People),
        handover: Arc::new(sink.clone()),
        states: Arc::new(FewStates),
        clock: Arc::new(ManualClock::at(NOW)),
    }
}

/// Who may do what goes by the client's name.
struct People;

impl Directory for People {
    fn authenticate(&self, id: &str, user: Option<&str>, password: Option<&[u8]>) -> Result<Identity, Refused> {
        let dayi = |id: &str| id.parse().map(Binding::dayi).map_err(|_| Refused::UnknownClient);
        let bindings = match id {
            "plug" => vec![Binding::tasmota("plugged".parse().unwrap(), "lab/plug")],
            "gateway" => (0..20).map(|n| dayi(&format!("g{n}"))).collect::<Result<_, _>>()?,
            "locked" if user != Some("u") || password != Some(b"secret") => return Err(Refused::BadCredentials),
            _ if id.starts_with("s-") || id == "locked" => vec![dayi(id)?],
            _ => vec![],
        };
        let all: Arc<[Arc<str>]> = Arc::from([Arc::from("#")]);
        let rights = match id {
            "reader" => Rights::Service {
                subscribe: Arc::from([Arc::from("dayi/v1/+/state")]),
                publish: Arc::from([]),
                sight: None,
            },
            _ if id.starts_with("svc") || id.starts_with("auto-") => {
                Rights::Service { subscribe: all.clone(), publish: all, sight: None }
            }
            _ if bindings.is_empty() => return Err(Refused::UnknownClient),
            _ => Rights::Sensor { bindings: bindings.into() },
        };
        Ok(Identity { client_id: id.into(), rights })
    }
}

#[derive(Clone, Default)]
pub(super) struct SharedSink(Arc<Sink>);

impl Deref for SharedSink {
    type Target = Sink;

    fn deref(&self) -> &Sink {
        &self.0
    }
}

/// Where the readings go. It can be made to wait.
pub(super) struct Sink {
    delivered: Mutex<Vec<(String, Vec<Reading>)>>,
    wills: watch::Sender<Vec<String>>,
    started: watch::Sender<usize>,
    gate: Semaphore,
}

impl Default for Sink {
    fn default() -> Self {
        Self {
            delivered: Mutex::default(),
            wills: watch::Sender::default(),
            started: watch::Sender::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

impl Sink {
    pub(super) fn readings_of(&self, instrument: &str) -> Vec<Reading> {
        let delivered = self.delivered.lock().unwrap();
        delivered.iter().filter(|(of, _)| of == instrument).flat_map(|(_, readings)| readings.clone()).collect()
    }

    /// Lets no hand-over end.
    pub(super) fn hold(&self) {
        self.gate.forget_permits(usize::MAX);
    }

    pub(super) fn let_go(&self) {
        self.gate.add_permits(1_000_000);
    }

    /// Returns when that many readings are being handed over or have been.
    pub(super) async fn started(&self, readings: usize) {
        self.started.subscribe().wait_for(|started| *started >= readings).await.unwrap();
    }

    pub(super) fn started_by_now(&self) -> usize {
        *self.started.borrow()
    }

    pub(super) fn wills_by_now(&self) -> Vec<String> {
        self.wills.borrow().clone()
    }

    /// Returns when so many last wills were heard.
    pub(super) async fn wills_are(&self, count: usize) {
        self.wills.subscribe().wait_for(|wills| wills.len() == count).await.unwrap();
    }

    /// Returns when the instrument's last will was heard.
    pub(super) async fn last_will_of(&self, instrument: &str) {
        self.wills.subscribe().wait_for(|wills| wills.iter().any(|will| will == instrument)).await.unwrap();
    }
}

impl Handover for SharedSink {
    fn deliver(
        &self,
        instrument: InstrumentId,
        readings: Vec<Reading>,
    ) -> BoxFuture<'static, Result<(), DeliverError>> {
        let sink = self.clone();
        Box::pin(async move {
            if instrument.as_str().ends_with("unknown") {
                return Err(DeliverError::Unknown(instrument));
            }
            if instrument.as_str().ends_with("stopped") {
                return Err(DeliverError::Stopped);
            }
            sink.started.send_modify(|started| *started += readings.len());
            let _permit = sink.gate.acquire().await.unwrap();
            sink.delivered.lock().unwrap().push((instrument.to_string(), readings));
            Ok(())
        })
    }

    fn last_will(&self, instrument: &InstrumentId) {
        self.wills.send_modify(|wills| wills.push(instrument.to_string()));
    }
}

struct FewStates;

impl States for FewStates {
    fn instruments(&self) -> Vec<InstrumentId> {
        (0..1000).map(|n| format!("i{n}").parse().unwrap()).collect()
    }

    fn state(&self, instrument: &InstrumentId) -> Option<Bytes> {
        instrument.as_str().strip_prefix('i').map(|n| format!("state of {n}").into())
    }
}
