//! One TCP connection: bytes in, packets out, and the other way round. Nothing here knows what a packet means.

use super::error::MqttError;
use bytes::BytesMut;
use rumqttc::mqttbytes::{self, v4::Packet};
use std::io;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A connection and its two buffers, which hold no memory while they are empty.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    incoming: BytesMut,
    pub(super) outgoing: BytesMut,
    pub(super) last_sent: Instant,
    pub(super) last_received: Instant,
}

/// A server has nothing larger to say to a client that subscribes to nothing.
const MAX_PACKET_BYTES: usize = 64 * 1024;

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        let now = Instant::now();
        Self { stream, incoming: BytesMut::new(), outgoing: BytesMut::new(), last_sent: now, last_received: now }
    }

    /// The next whole packet already read; `None` when more bytes are needed.
    pub(super) fn take(&mut self) -> Result<Option<Packet>, MqttError> {
        if self.incoming.is_empty() {
            return Ok(None);
        }
        match Packet::read(&mut self.incoming, MAX_PACKET_BYTES) {
            Ok(packet) => {
                if self.incoming.is_empty() {
                    self.incoming = BytesMut::new();
                }
                Ok(Some(packet))
            }
            Err(mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(MqttError::Protocol(error.to_string())),
        }
    }

    /// Writes what can be written and waits until more was read or written. Nothing is lost when it is dropped before
    /// it returns.
    pub(super) async fn exchange(&mut self) -> Result<(), MqttError> {
        self.write_now()?;
        let interest =
            if self.outgoing.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        let ready = self.stream.ready(interest).await.map_err(MqttError::Broken)?;
        if ready.is_readable() {
            self.read_now()?;
        }
        Ok(())
    }

    /// Waits until everything queued was written.
    pub(super) async fn flush(&mut self) -> Result<(), MqttError> {
        loop {
            self.write_now()?;
            if self.outgoing.is_empty() {
                return Ok(());
            }
            self.stream.writable().await.map_err(MqttError::Broken)?;
        }
    }

    fn write_now(&mut self) -> Result<(), MqttError> {
        while !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(written) => {
                    bytes::Buf::advance(&mut self.outgoing, written);
                    self.last_sent = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(MqttError::Broken(error)),
            }
        }
        self.outgoing = BytesMut::new();
        Ok(())
    }

    fn read_now(&mut self) -> Result<(), MqttError> {
        let mut chunk = [0; 1024];
        match self.stream.try_read(&mut chunk) {
            Ok(0) => Err(MqttError::Closed),
            Ok(read) => {
                self.incoming.extend_from_slice(chunk.get(..read).unwrap_or_default());
                self.last_received = Instant::now();
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(MqttError::Broken(error)),
        }
    }
}
