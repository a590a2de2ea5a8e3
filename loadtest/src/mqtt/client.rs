//! Connect, publish, acknowledge, ping, leave.

use super::connection::Connection;
use super::error::{MqttError, Refusal};
use super::options::{ClientOptions, QoS};
use super::session::Session;
use bytes::Bytes;
use rumqttc::mqttbytes::v4::{Disconnect, Packet, PingReq, Publish};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// An MQTT 3.1.1 client that publishes.
///
/// It has no task: the owner calls [`Client::drive`] in its own `select!`, beside its timers. A QoS 1 publish is kept
/// until its PUBACK came, over any number of connections; [`Client::connect`] sends it again, marked DUP.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    options: Box<ClientOptions>,
    session: Session,
    connection: Option<Connection>,
    /// When the ping was sent that has no answer yet.
    pinged: Option<Instant>,
}

/// A server that does not read lets no more than this wait for the socket.
const MAX_QUEUED_BYTES: usize = 256 * 1024;
/// One packet id less than there are, so that one is free for the next publish.
const MAX_WINDOW: u16 = u16::MAX - 1;

impl Client {
    /// A client that is not connected yet.
    #[must_use]
    pub fn new(address: SocketAddr, options: ClientOptions) -> Self {
        Self { address, options: Box::new(options), session: Session::default(), connection: None, pinged: None }
    }

    /// Where the next [`Client::connect`] goes: a server may come back elsewhere.
    pub fn set_address(&mut self, address: SocketAddr) {
        self.address = address;
    }

    /// Whether there is a connection, as far as the client knows.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// How many publishes wait for their PUBACK.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.session.len()
    }

    /// Whether there is room for one more publish: at QoS 1 in the window, and always in the queue to the socket.
    #[must_use]
    pub fn has_room(&self, qos: QoS) -> bool {
        let queued = self.connection.as_ref().map_or(0, |connection| connection.outgoing.len());
        queued < MAX_QUEUED_BYTES
            && (qos == QoS::AtMostOnce || self.session.len() < usize::from(self.options.window.min(MAX_WINDOW)))
    }

    /// One attempt to connect; a connection there was is dropped. After it every publish without its PUBACK is on its
    /// way again.
    ///
    /// # Errors
    /// Why there is no connection now.
    pub async fn connect(&mut self) -> Result<(), MqttError> {
        self.drop_connection();
        let patience = self.options.connect_timeout;
        let mut connection =
            timeout(patience, self.open()).await.map_err(|_| MqttError::ConnectTimeout(patience))??;
        self.session.resend(&mut connection.outgoing);
        self.connection = Some(connection);
        Ok(())
    }

    async fn open(&self) -> Result<Connection, MqttError> {
        let stream = TcpStream::connect(self.address).await.map_err(MqttError::Connect)?;
        stream.set_nodelay(true).map_err(MqttError::Connect)?;
        let mut connection = Connection::new(stream);
        self.options
            .packet()
            .write(&mut connection.outgoing)
            .map_err(|error| MqttError::Protocol(error.to_string()))?;
        loop {
            match connection.take()? {
                Some(Packet::ConnAck(answer)) => {
                    return Refusal::from_code(answer.code)
                        .map_or(Ok(connection), |refusal| Err(MqttError::Refused(refusal)));
                }
                Some(other) => return Err(MqttError::Protocol(format!("{} instead of CONNACK", name(&other)))),
                None => connection.exchange().await?,
            }
        }
    }

    /// Queues a publish and returns its packet id; `None` at QoS 0. [`Client::drive`] sends it.
    ///
    /// # Errors
    /// [`MqttError::NotConnected`], [`MqttError::NoRoom`], or [`MqttError::Protocol`] for a packet that MQTT
    /// cannot carry; nothing was queued then.
    pub fn publish(
        &mut self,
        topic: &str,
        qos: QoS,
        retain: bool,
        payload: impl Into<Bytes>,
    ) -> Result<Option<u16>, MqttError> {
        let has_room = self.has_room(qos);
        let connection = self.connection.as_mut().ok_or(MqttError::NotConnected)?;
        if !has_room {
            return Err(MqttError::NoRoom);
        }
        let id = (qos == QoS::AtLeastOnce).then(|| self.session.next_id());
        let mut publish = Publish::from_bytes(topic, qos.into(), payload.into());
        publish.retain = retain;
        publish.pkid = id.unwrap_or_default();
        let at = connection.outgoing.len();
        if let Err(error) = publish.write(&mut connection.outgoing) {
            connection.outgoing.truncate(at);
            return Err(MqttError::Protocol(error.to_string()));
        }
        if let (Some(id), Some(frame)) = (id, connection.outgoing.get(at..)) {
            self.session.add(id, frame);
        }
        Ok(id)
    }

    /// Sends what is queued, keeps the connection alive, and returns the packet id of the next publish the server
    /// acknowledged. May be dropped at any time and called again.
    ///
    /// # Errors
    /// Why the connection ended: it is gone then, the publishes without PUBACK are kept.
    pub async fn drive(&mut self) -> Result<u16, MqttError> {
        let ended = loop {
            match self.step().await {
                Ok(Some(id)) => return Ok(id),
                Ok(None) => {}
                Err(error) => break error,
            }
        };
        self.drop_connection();
        Err(ended)
    }

    async fn step(&mut self) -> Result<Option<u16>, MqttError> {
        let keep_alive = self.options.keep_alive;
        let connection = self.connection.as_mut().ok_or(MqttError::NotConnected)?;
        while let Some(packet) = connection.take()? {
            match packet {
                Packet::PubAck(ack) => {
                    if self.session.acknowledge(ack.pkid) {
                        return Ok(Some(ack.pkid));
                    }
                }
                Packet::PingResp => self.pinged = None,
                // A server may still hold subscriptions of an earlier session of this name.
                Packet::Publish(_) => {}
                other => return Err(MqttError::Protocol(format!("unexpected {}", name(&other)))),
            }
        }
        if keep_alive.is_zero() {
            return connection.exchange().await.map(|()| None);
        }
        let deadline = self.pinged.unwrap_or(connection.last_sent.min(connection.last_received)) + keep_alive;
        if let Ok(exchanged) = timeout_at(deadline, connection.exchange()).await {
            return exchanged.map(|()| None);
        }
        if self.pinged.is_some() {
            return Err(MqttError::NoPong);
        }
        PingReq.write(&mut connection.outgoing).map_err(|error| MqttError::Protocol(error.to_string()))?;
        self.pinged = Some(Instant::now());
        Ok(None)
    }

    /// Ends the connection without DISCONNECT, so that the server publishes the will. Publishes without PUBACK are
    /// kept.
    pub fn drop_connection(&mut self) {
        self.connection = None;
        self.pinged = None;
    }

    /// Says DISCONNECT and ends the connection; publishes without PUBACK are kept. Without a connection it does
    /// nothing.
    ///
    /// # Errors
    /// Why DISCONNECT could not be sent; the connection has ended all the same.
    pub async fn disconnect(&mut self) -> Result<(), MqttError> {
        self.pinged = None;
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        Disconnect.write(&mut connection.outgoing).map_err(|error| MqttError::Protocol(error.to_string()))?;
        let patience = self.options.connect_timeout;
        timeout(patience, connection.flush()).await.unwrap_or(Err(MqttError::NoPong))
    }
}

fn name(packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "CONNECT",
        Packet::ConnAck(_) => "CONNACK",
        Packet::Publish(_) => "PUBLISH",
        Packet::PubAck(_) => "PUBACK",
        Packet::PubRec(_) => "PUBREC",
        Packet::PubRel(_) => "PUBREL",
        Packet::PubComp(_) => "PUBCOMP",
        Packet::Subscribe(_) => "SUBSCRIBE",
        Packet::SubAck(_) => "SUBACK",
        Packet::Unsubscribe(_) => "UNSUBSCRIBE",
        Packet::UnsubAck(_) => "UNSUBACK",
        Packet::PingReq => "PINGREQ",
        Packet::PingResp => "PINGRESP",
        Packet::Disconnect => "DISCONNECT",
    }
}
