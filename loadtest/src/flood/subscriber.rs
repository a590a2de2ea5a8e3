use super::wire;
use crate::mqtt::{MqttError, QoS, Secret};
use crate::target::Credentials;
use bytes::{Buf, BytesMut};
use rumqttc::mqttbytes::v4::Subscribe;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Every sensor's readings.
const FILTER: &str = "dayi/v1/+/telemetry";
/// Read at a time.
const CHUNK: usize = 256 * 1024;
const SUBACK: u8 = 0x90;

/// The one subscriber of a broker: it counts what arrives, acknowledges it at QoS 1, and looks at nothing else.
#[derive(Debug)]
pub struct Counter {
    arrived: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Counter {
    /// Subscribes, and returns when the broker has said so.
    ///
    /// # Errors
    /// When it does not.
    pub async fn subscribe(broker: SocketAddr, qos: QoS) -> Result<Self, MqttError> {
        let who = Credentials { client_id: "counter".into(), token: Secret::new("none") };
        let mut stream = wire::connect(broker, &who, true).await?;
        let mut packet = BytesMut::new();
        let mut subscribe = Subscribe::new(FILTER, qos.into());
        subscribe.pkid = 1;
        subscribe.write(&mut packet).map_err(|error| MqttError::Protocol(error.to_string()))?;
        stream.write_all(&packet).await.map_err(MqttError::Broken)?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.map_err(MqttError::Broken)?;
        if answer[0] != SUBACK || answer[4] > 1 {
            return Err(MqttError::Protocol("the subscription was refused".into()));
        }
        let arrived = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(count(stream, arrived.clone()));
        Ok(Self { arrived, task })
    }

    /// Messages that arrived so far.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn count(mut stream: TcpStream, arrived: Arc<AtomicU64>) {
    let mut incoming = BytesMut::with_capacity(CHUNK);
    let mut acknowledgements = Vec::new();
    loop {
        incoming.reserve(CHUNK);
        match stream.read_buf(&mut incoming).await {
            Ok(0) => return tracing::warn!("the broker closed the subscriber's connection"),
            Ok(_) => {}
            Err(error) => return tracing::warn!(%error, "the subscriber's connection broke"),
        }
        acknowledgements.clear();
        arrived.fetch_add(take_publishes(&mut incoming, &mut acknowledgements), Ordering::Relaxed);
        if let Err(error) = stream.write_all(&acknowledgements).await {
            return tracing::warn!(%error, "the subscriber's connection broke");
        }
    }
}

/// Takes the whole packets out of `incoming`, puts PUBACKs for those at QoS 1 into `acknowledgements`, and returns how many
/// publishes there were.
fn take_publishes(incoming: &mut BytesMut, acknowledgements: &mut Vec<u8>) -> u64 {
    let mut publishes = 0;
    while let Some((header, length)) = whole_packet(incoming) {
        let packet = &incoming[..header + length];
        if packet[0] & 0xf0 == 0x30 {
            publishes += 1;
            if packet[0] & 0b110 != 0 && length > 3 {
                let topic = usize::from(u16::from_be_bytes([packet[header], packet[header + 1]]));
                if let Some(&[high, low]) = packet.get(header + 2 + topic..header + 4 + topic) {
                    acknowledgements.extend_from_slice(&[0x40, 2, high, low]);
                }
            }
        }
        incoming.advance(header + length);
    }
    publishes
}

/// The lengths of the next packet's header and rest, if all of it is there.
fn whole_packet(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (place, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let header = place + 2;
            return (bytes.len() >= header + length).then_some((header, length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::packets::Packets;
    use super::*;

    #[test]
    fn packets_are_counted_however_the_bytes_come() {
        let mut packets = Packets::new("lt-000001", QoS::AtLeastOnce, 1_700_000_000_000);
        let mut bytes = Vec::new();
        (0..50).for_each(|_| packets.append(&mut bytes));
        bytes.extend_from_slice(&[0xd0, 0]);
        for step in [1, 7, 1_000, bytes.len()] {
            let (mut incoming, mut acknowledgements, mut publishes) = (BytesMut::new(), Vec::new(), 0);
            for chunk in bytes.chunks(step) {
                incoming.extend_from_slice(chunk);
                publishes += take_publishes(&mut incoming, &mut acknowledgements);
            }
            assert_eq!((publishes, acknowledgements.len(), incoming.len()), (50, 200, 0));
            assert_eq!(acknowledgements[196..], [0x40, 2, 0, 50]);
        }
    }
}
