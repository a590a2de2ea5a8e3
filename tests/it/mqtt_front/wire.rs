//! A client that is a socket and nothing more.

use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Version {
    V4,
    V5,
}

pub(super) const BOTH: [Version; 2] = [Version::V4, Version::V5];

pub(super) struct Wire<S = TcpStream> {
    pub(super) stream: S,
    pub(super) version: Version,
}

/// What a CONNECT may hold besides the id.
pub(super) struct Hello<'a> {
    pub(super) id: &'a str,
    pub(super) keep_alive: u16,
    pub(super) will: Option<(&'a str, &'a [u8])>,
    pub(super) login: Option<(&'a str, &'a str)>,
    pub(super) clean: bool,
    /// Properties of a v5 CONNECT, and of its will.
    pub(super) properties: &'a [u8],
    pub(super) will_properties: &'a [u8],
    pub(super) will_retain: bool,
}

impl<'a> From<&'a str> for Hello<'a> {
    fn from(id: &'a str) -> Self {
        Self {
            id,
            keep_alive: 60,
            will: None,
            login: None,
            clean: true,
            properties: &[],
            will_properties: &[],
            will_retain: false,
        }
    }
}

pub(super) fn text(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

pub(super) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut length = body.len();
    loop {
        let byte = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        packet.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}

impl Wire {
    pub(super) async fn open(addr: SocketAddr, version: Version) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap(), version }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        // What is encrypted is not on its way before.
        self.stream.flush().await.unwrap();
    }

    /// No properties, where the version has some.
    fn none(&self) -> &'static [u8] {
        if self.version == Version::V5 { &[0] } else { &[] }
    }

    pub(super) async fn connect(&mut self, hello: impl Into<Hello<'_>>) {
        let hello = hello.into();
        let level = if self.version == Version::V5 { 5 } else { 4 };
        let mut flags = if hello.clean { 2 } else { 0 };
        let properties = |properties: &[u8]| match self.version {
            Version::V4 => vec![],
            Version::V5 => [&[u8::try_from(properties.len()).unwrap()][..], properties].concat(),
        };
        let mut rest = text(hello.id.as_bytes());
        if let Some((topic, payload)) = hello.will {
            flags |= if hello.will_retain { 0x24 } else { 4 };
            rest.extend(properties(hello.will_properties));
            rest.extend(text(topic.as_bytes()));
            rest.extend(text(payload));
        }
        if let Some((user, password)) = hello.login {
            flags |= 0xc0;
            rest.extend(text(user.as_bytes()));
            rest.extend(text(password.as_bytes()));
        }
        let mut body = text(b"MQTT");
        body.extend([level, flags]);
        body.extend(hello.keep_alive.to_be_bytes());
        body.extend(properties(hello.properties));
        body.extend(rest);
        self.send(&packet(0x10, &body)).await;
    }

    /// The code of the CONNACK.
    pub(super) async fn connack(&mut self) -> u8 {
        self.whole_connack().await[1]
    }

    /// The body of the CONNACK.
    pub(super) async fn whole_connack(&mut self) -> Vec<u8> {
        let (first, body) = self.packet().await.expect("closed instead of a CONNACK");
        assert_eq!(first, 0x20);
        body
    }

    /// Whether the CONNACK that lets the client in says that its session went on.
    pub(super) async fn resumed(&mut self) -> bool {
        let connack = self.whole_connack().await;
        assert_eq!(connack[1], 0, "not let in");
        connack[0] == 1
    }

    /// Makes sure that nothing is on its way to the client.
    pub(super) async fn nothing_more(&mut self) {
        self.ping().await;
        assert_eq!(self.packet().await, Some((0xd0, vec![])));
    }

    /// Takes leave and waits until the server has closed.
    pub(super) async fn leave(mut self) {
        self.disconnect().await;
        assert_eq!(self.packet().await, None);
    }

    /// Publishes at QoS 1 and waits for the acknowledgement.
    pub(super) async fn say(&mut self, topic: &str, payload: &[u8]) {
        self.publish(topic, payload, 1, 1).await;
        assert_eq!(self.packet().await, Some((0x40, vec![0, 1])));
    }

    /// Publishes a retained message at QoS 1 and waits for the acknowledgement.
    pub(super) async fn retain(&mut self, topic: &str, payload: &[u8]) {
        let mut packet = self.publish_packet(topic, payload, 1, 1);
        packet[0] |= 1;
        self.send(&packet).await;
        assert_eq!(self.packet().await, Some((0x40, vec![0, 1])));
    }

    pub(super) async fn publish(&mut self, topic: &str, payload: &[u8], qos: u8, pkid: u16) {
        let packet = self.publish_packet(topic, payload, qos, pkid);
        self.send(&packet).await;
    }

    pub(super) fn publish_packet(&self, topic: &str, payload: &[u8], qos: u8, pkid: u16) -> Vec<u8> {
        let mut body = text(topic.as_bytes());
        if qos > 0 {
            body.extend(pkid.to_be_bytes());
        }
        body.extend(self.none());
        body.extend(payload);
        packet(0x30 | qos << 1, &body)
    }

    /// Subscribes and returns the codes of the SUBACK.
    pub(super) async fn subscribe(&mut self, filters: &[&str], qos: u8) -> Vec<u8> {
        let mut body = vec![0, 1];
        body.extend(self.none());
        for filter in filters {
            body.extend(text(filter.as_bytes()));
            body.push(qos);
        }
        self.send(&packet(0x82, &body)).await;
        let (first, body) = self.packet().await.expect("closed instead of a SUBACK");
        assert_eq!((first, &body[..2]), (0x90, &[0, 1][..]));
        body[2 + self.none().len()..].to_vec()
    }

    pub(super) async fn puback(&mut self, pkid: u16) {
        self.send(&packet(0x40, &pkid.to_be_bytes())).await;
    }

    pub(super) async fn ping(&mut self) {
        self.send(&[0xc0, 0]).await;
    }

    pub(super) async fn disconnect(&mut self) {
        self.send(&[0xe0, 0]).await;
    }

    /// The next packet: its first byte and its body; `None` when the server closed.
    pub(super) async fn packet(&mut self) -> Option<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await.ok()?;
        let mut length = 0;
        for at in 0.. {
            let byte = self.stream.read_u8().await.ok()?;
            length |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        Some((first, body))
    }

    /// The next packet, which is a message at QoS 0 or 1: topic, payload and packet id.
    pub(super) async fn message(&mut self) -> (String, Vec<u8>, u16) {
        let (first, body) = self.packet().await.expect("closed instead of a message");
        assert_eq!(first >> 4, 3, "{first:#x} is no PUBLISH");
        let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let topic = String::from_utf8(body[2..2 + length].to_vec()).unwrap();
        let mut rest = &body[2 + length..];
        let mut pkid = 0;
        if first & 0b0110 != 0 {
            pkid = u16::from_be_bytes([rest[0], rest[1]]);
            rest = &rest[2..];
        }
        if self.version == Version::V5 {
            rest = &rest[1 + usize::from(rest[0])..];
        }
        (topic, rest.to_vec(), pkid)
    }

    /// Makes sure that the server closes without a further packet than the DISCONNECT that tells a v5 client why.
    pub(super) async fn closed(&mut self, code: u8) {
        if self.version == Version::V5 {
            assert_eq!(self.packet().await, Some((0xe0, vec![code])));
        }
        assert_eq!(self.packet().await, None);
    }
}
