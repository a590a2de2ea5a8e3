//! From publishers to subscribers: rumqttd's router and its in-process links, used so that neither can harm the front.
//!
//! - Every topic and filter gets a prefix inside the router, because a topic that begins with a multi-byte character
//!   kills it.
//! - A link has a name of its own, and is closed once and by its owner, because the router confuses links that replace
//!   each other.
//! - Links subscribe at QoS 0 without a persistent session; acknowledgements are the front's (`outbox`).
//! - Only services have links. Sensors listen to their commands through `post`: with a link and a filter for each of
//!   10,000 sensors the router stands still.
//! - A router that died is replaced at the next subscription, and those who were linked to it are told to reconnect.

use super::codec::Qos;
use super::post::Post;
use super::topic;
use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use rumqttd::local::{LinkBuilder, LinkRx, LinkTx};
use rumqttd::protocol::{Disconnect, DisconnectReasonCode, Packet, Publish, PublishProperties};
use rumqttd::{Forward, Notification, Router, RouterConfig};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// What every topic and filter begins with inside the router.
const ROOT: &str = "t/";
/// Links at a time.
const MAX_LINKS: usize = 1000;
/// Messages that wait for the router before publishers wait.
const WAITING: usize = 1024;

/// A message on its way to subscribers.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) topic: Bytes,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// The number of the session that published it; 0 is the server.
    pub(super) publisher: u64,
    pub(super) properties: Option<Box<PublishProperties>>,
}

/// There is no router, or no room in it.
#[derive(Debug, thiserror::Error)]
#[error("the message router is not available")]
pub(super) struct Unavailable;

type Connect = Arc<dyn Fn(&str) -> Option<(LinkTx, LinkRx)> + Send + Sync>;

/// Carries messages to whoever subscribed to them.
#[derive(Default)]
pub(super) struct Exchange {
    pub(super) post: Post,
    router: Mutex<Option<Connect>>,
    inlet: ArcSwapOption<mpsc::Sender<Message>>,
    filters: Mutex<HashMap<Arc<str>, usize>>,
    wanted: ArcSwap<Vec<Arc<str>>>,
    names: AtomicU64,
    links: AtomicUsize,
}

impl Exchange {
    /// Whether anybody would get a message of this topic.
    pub(super) fn wants(&self, topic: &str) -> bool {
        self.wanted.load().iter().any(|filter| topic::matches(filter, topic)) || self.post.wants(topic)
    }

    /// Whether anybody is subscribed to anything.
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.load().is_empty() && self.post.is_empty()
    }

    /// Hands a message to the subscribers' queues; waits while the router is behind.
    pub(super) async fn publish(&self, message: Message) {
        let Ok(topic) = str::from_utf8(&message.topic) else { return };
        self.post.deliver(topic, &message);
        if !self.wanted.load().iter().any(|filter| topic::matches(filter, topic)) {
            return;
        }
        let inlet = self.inlet.load_full();
        if let Some(inlet) = inlet
            && inlet.send(message).await.is_err()
        {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "router").increment(1);
        }
    }

    /// Links a session to the router.
    pub(super) async fn link(self: &Arc<Self>) -> Result<Link, Unavailable> {
        let exchange = self.clone();
        let linked = tokio::task::spawn_blocking(move || exchange.link_blocking()).await;
        linked.map_err(|_| Unavailable)?
    }

    fn link_blocking(self: Arc<Self>) -> Result<Link, Unavailable> {
        let name = format!("session-{}", self.names.fetch_add(1, Ordering::Relaxed));
        if self.links.load(Ordering::Relaxed) >= MAX_LINKS {
            return Err(Unavailable);
        }
        let mut router = locked(&self.router);
        let mut connected = router.as_ref().and_then(|connect| connect(&name));
        if connected.is_none() {
            if router.is_some() {
                tracing::error!("the message router has died; a new one is started");
                metrics::counter!("dayi_mqtt_router_restarts_total").increment(1);
            }
            let connect = self.start().ok_or(Unavailable)?;
            connected = connect(&name);
            *router = Some(connect);
        }
        drop(router);
        let (tx, rx) = connected.ok_or(Unavailable)?;
        self.links.fetch_add(1, Ordering::Relaxed);
        Ok(Link { exchange: self, tx: Some(tx), rx, must_wake: false })
    }

    /// Starts a router and the thread that feeds it.
    fn start(&self) -> Option<Connect> {
        let router = Router::new(
            0,
            RouterConfig {
                max_connections: MAX_LINKS + 16,
                max_outgoing_packet_count: 100,
                max_segment_size: 1024 * 1024,
                max_segment_count: 8,
                ..RouterConfig::default()
            },
        )
        .spawn();
        let connect: Connect = Arc::new(move |name| {
            let (tx, rx, _) = LinkBuilder::new(name, router.clone()).build().ok()?;
            Some((tx, rx))
        });
        let (tx, rx) = connect("publisher")?;
        let (inlet, outlet) = mpsc::channel(WAITING);
        let feeder = std::thread::Builder::new().name("dayi-exchange".into());
        feeder.spawn(move || feed(tx, rx, outlet)).ok()?;
        self.inlet.store(Some(Arc::new(inlet)));
        Some(connect)
    }

    fn want(&self, filter: &str) {
        let mut filters = locked(&self.filters);
        *filters.entry(filter.into()).or_default() += 1;
        self.wanted.store(Arc::new(filters.keys().cloned().collect()));
    }

    fn unwant(&self, filter: &str) {
        let mut filters = locked(&self.filters);
        if let Some(count) = filters.get_mut(filter) {
            *count -= 1;
            if *count == 0 {
                filters.remove(filter);
            }
        }
        self.wanted.store(Arc::new(filters.keys().cloned().collect()));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives messages to the router, as many at a time as are waiting. The router's queue blocks, hence the thread.
fn feed(mut tx: LinkTx, _rx: LinkRx, mut outlet: mpsc::Receiver<Message>) {
    while let Some(first) = outlet.blocking_recv() {
        let mut last = into_router(first);
        {
            let mut buffer = tx.buffer();
            while buffer.len() < 200
                && let Ok(next) = outlet.try_recv()
            {
                buffer.push_back(std::mem::replace(&mut last, into_router(next)));
            }
        }
        if futures::executor::block_on(tx.send(last)).is_err() {
            return;
        }
    }
}

/// The router overwrites a message's QoS and knows no publisher, so both travel before the payload.
fn into_router(message: Message) -> Packet {
    let mut topic = BytesMut::with_capacity(ROOT.len() + message.topic.len());
    topic.put_slice(ROOT.as_bytes());
    topic.put_slice(&message.topic);
    let mut payload = BytesMut::with_capacity(9 + message.payload.len());
    payload.put_u8(message.qos.bits() | u8::from(message.retain) << 2);
    payload.put_u64(message.publisher);
    payload.put_slice(&message.payload);
    let publish = Publish::new(topic.freeze(), payload.freeze(), false);
    Packet::Publish(publish, message.properties.map(|properties| *properties))
}

/// A message that the router forwarded.
pub(super) struct Forwarded {
    pub(super) message: Message,
    /// The number under which the session subscribed to the filter that selected it.
    pub(super) subscription: usize,
    /// Its place in the filter's log; a gap before it means that messages were dropped.
    pub(super) place: Option<u64>,
}

fn out_of_router(forward: Forward) -> Option<Forwarded> {
    let Forward { cursor, mut publish, properties, .. } = forward;
    let mut properties = properties?;
    let subscription = properties.subscription_identifiers.pop()?;
    if publish.topic.len() < ROOT.len() || publish.payload.len() < 9 {
        return None;
    }
    publish.topic.advance(ROOT.len());
    let flags = publish.payload.get_u8();
    let message = Message {
        topic: publish.topic,
        qos: Qos::from_bits(flags & 0b11)?,
        retain: flags & 0b100 != 0,
        publisher: publish.payload.get_u64(),
        payload: publish.payload,
        properties: (properties != PublishProperties::default()).then(|| Box::new(properties)),
    };
    Some(Forwarded { message, subscription, place: cursor.map(|(_, offset)| offset) })
}

/// One session's link to the router.
pub(super) struct Link {
    exchange: Arc<Exchange>,
    tx: Option<LinkTx>,
    rx: LinkRx,
    must_wake: bool,
}

impl Link {
    /// Subscribes to a filter under a number of the session's choice, not 0. A filter may be subscribed to once.
    pub(super) async fn subscribe(&mut self, filter: &str, number: usize) -> Result<(), Unavailable> {
        use rumqttd::protocol::{Filter, QoS, RetainForwardRule, Subscribe, SubscribeProperties};
        self.exchange.want(filter);
        let filter = Filter {
            path: format!("{ROOT}{filter}"),
            qos: QoS::AtMostOnce,
            nolocal: false,
            preserve_retain: false,
            retain_forward_rule: RetainForwardRule::Never,
        };
        let properties = SubscribeProperties { id: Some(number), user_properties: Vec::new() };
        self.send(Packet::Subscribe(Subscribe { pkid: 1, filters: vec![filter] }, Some(properties))).await
    }

    /// Ends a subscription.
    pub(super) async fn unsubscribe(&mut self, filter: &str) -> Result<(), Unavailable> {
        self.exchange.unwant(filter);
        let filters = vec![format!("{ROOT}{filter}")];
        self.send(Packet::Unsubscribe(rumqttd::protocol::Unsubscribe { pkid: 1, filters }, None)).await
    }

    /// Forgets a subscription of a session that ends.
    pub(super) fn forget(&self, filter: &str) {
        self.exchange.unwant(filter);
    }

    async fn send(&mut self, packet: Packet) -> Result<(), Unavailable> {
        let mut tx = self.tx.take().ok_or(Unavailable)?;
        let sent =
            tokio::task::spawn_blocking(move || futures::executor::block_on(tx.send(packet)).ok().map(|_| tx)).await;
        self.tx = Some(sent.map_err(|_| Unavailable)?.ok_or(Unavailable)?);
        Ok(())
    }

    /// The next message; may be abandoned at any point without losing one.
    pub(super) async fn next(&mut self) -> Result<Forwarded, Unavailable> {
        loop {
            if self.must_wake {
                self.rx.wake().await.map_err(|_| Unavailable)?;
                self.must_wake = false;
            }
            match self.rx.next().await.map_err(|_| Unavailable)? {
                Some(Notification::Forward(forward)) => {
                    if let Some(forwarded) = out_of_router(forward) {
                        return Ok(forwarded);
                    }
                }
                // The router pauses a link it has filled, until it hears that there is room.
                Some(Notification::Unschedule) => self.must_wake = true,
                Some(Notification::Disconnect(..)) => return Err(Unavailable),
                _ => {}
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.exchange.links.fetch_sub(1, Ordering::Relaxed);
        let Some(mut tx) = self.tx.take() else { return };
        let reason_code = DisconnectReasonCode::NormalDisconnection;
        tx.buffer().push_back(Packet::Disconnect(Disconnect { reason_code }, None));
        // The router reads no further than the DISCONNECT; this only tells it to look.
        if tx.try_unsubscribe("").is_err() {
            // Its queue is full, or it is gone and this ends at once.
            std::thread::spawn(move || drop(tx.unsubscribe("")));
        }
    }
}
