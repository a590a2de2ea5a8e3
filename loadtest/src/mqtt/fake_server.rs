//! A server that does what a test tells it, on a real loopback socket.

use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{ConnAck, Connect, ConnectReturnCode, Packet, PubAck, Publish};
use rumqttc::mqttbytes::{Error, QoS};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct FakeServer(TcpListener);

/// The server's end of one connection.
pub(crate) struct Peer {
    stream: TcpStream,
    incoming: BytesMut,
}

impl FakeServer {
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let server = Self::start_at(([127, 0, 0, 1], 0).into()).await;
        let address = server.0.local_addr().unwrap();
        (server, address)
    }

    /// Comes back where an earlier one was dropped.
    pub(crate) async fn start_at(address: SocketAddr) -> Self {
        Self(TcpListener::bind(address).await.unwrap())
    }

    /// Takes a connection and its CONNECT, answers with the code.
    pub(crate) async fn answer(&self, code: ConnectReturnCode) -> (Peer, Connect) {
        let (stream, _) = self.0.accept().await.unwrap();
        // Nagle's algorithm would hold answers back for real time that a test with paused time does not spend.
        stream.set_nodelay(true).unwrap();
        let mut peer = Peer { stream, incoming: BytesMut::new() };
        let Some(Packet::Connect(connect)) = peer.read().await else { panic!("no CONNECT") };
        peer.send(&Packet::ConnAck(ConnAck::new(code, false))).await;
        (peer, connect)
    }

    pub(crate) async fn accept(&self) -> (Peer, Connect) {
        self.answer(ConnectReturnCode::Success).await
    }

    /// Takes a connection and says nothing.
    pub(crate) async fn ignore(&self) -> TcpStream {
        self.0.accept().await.unwrap().0
    }
}

impl Peer {
    /// The next packet; `None` at the end of the connection.
    pub(crate) async fn read(&mut self) -> Option<Packet> {
        loop {
            match Packet::read(&mut self.incoming, 1 << 20) {
                Ok(packet) => return Some(packet),
                Err(Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            if self.stream.read_buf(&mut self.incoming).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The next packet, which must be a PUBLISH.
    pub(crate) async fn publish(&mut self) -> Publish {
        match self.read().await {
            Some(Packet::Publish(publish)) => publish,
            other => panic!("{other:?} instead of PUBLISH"),
        }
    }

    pub(crate) async fn acknowledge(&mut self, id: u16) {
        self.send(&Packet::PubAck(PubAck::new(id))).await;
    }

    /// Acknowledges every PUBLISH until the client leaves; what it published and whether it said DISCONNECT.
    pub(crate) async fn acknowledge_all(mut self) -> (Vec<Publish>, bool) {
        let mut published = Vec::new();
        loop {
            match self.read().await {
                Some(Packet::Publish(publish)) => {
                    if publish.qos == QoS::AtLeastOnce {
                        self.acknowledge(publish.pkid).await;
                    }
                    published.push(publish);
                }
                Some(Packet::PingReq) => self.send(&Packet::PingResp).await,
                Some(Packet::Disconnect) => return (published, true),
                Some(other) => panic!("unexpected {other:?}"),
                None => return (published, false),
            }
        }
    }

    pub(crate) async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, 1 << 20).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }
}
