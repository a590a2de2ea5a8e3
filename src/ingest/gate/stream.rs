//! One connection's bytes, read and written without waiting, so that a session can wait for many things at once.

use super::tls_stream::TlsStream;
use bytes::BytesMut;
use rustls::ServerConfig;
use std::io;
use std::sync::Arc;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// The bytes of a connection.
pub(in crate::ingest) enum Stream {
    /// As they are.
    Plain(TcpStream),
    /// Encrypted.
    Tls(Box<TlsStream>),
}

impl Stream {
    /// Shakes hands if the connection is to be encrypted; whoever awaits this sets the time limit.
    pub(super) async fn open(tcp: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        Ok(match tls {
            None => Self::Plain(tcp),
            Some(config) => Self::Tls(TlsStream::accept(tcp, config).await?),
        })
    }

    /// Reads what is there; `WouldBlock` when nothing is, 0 when nothing will come any more.
    pub(super) fn try_read_buf(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_read_buf(buffer),
            Self::Tls(tls) => tls.try_read_buf(buffer),
        }
    }

    /// Writes what can be written now.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_write(bytes),
            Self::Tls(tls) => tls.try_write(bytes),
        }
    }

    /// Returns when reading, or writing, may get on; never when neither is wanted. May be abandoned.
    pub(super) async fn ready(&mut self, reads: bool, writes: bool) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => match interest(reads, writes) {
                Some(interest) => tcp.ready(interest).await.map(drop),
                None => std::future::pending().await,
            },
            Self::Tls(tls) => tls.ready(reads, writes).await,
        }
    }

    /// Returns when everything written is on its way.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush().await,
        }
    }

    /// Says that no more bytes will come, and reads what the client still sends until it closes too: a socket that is
    /// closed over unread bytes is reset, and the last packet, with the reason in it, is lost.
    pub(super) async fn close(mut self) {
        self.shutdown();
        let mut rest = BytesMut::new();
        loop {
            rest.clear();
            rest.reserve(4096);
            match self.try_read_buf(&mut rest) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.ready(true, false).await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    }

    fn shutdown(&mut self) {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => {
                tls.close_notify();
                &tls.tcp
            }
        };
        let _ = rustix::net::shutdown(tcp, rustix::net::Shutdown::Write);
    }
}

pub(super) fn interest(reads: bool, writes: bool) -> Option<Interest> {
    match (reads, writes) {
        (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        (false, false) => None,
    }
}
