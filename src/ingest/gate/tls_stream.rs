use super::stream::interest;
use bytes::BytesMut;
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use tokio::net::TcpStream;

/// A TLS connection whose reads and writes never wait.
pub(in crate::ingest) struct TlsStream {
    pub(super) tcp: TcpStream,
    tls: ServerConnection,
    /// Bytes may be there that were decrypted and not read.
    has_more: bool,
}

/// The encrypted side, for rustls.
struct Encrypted<'a>(&'a TcpStream);

impl Read for Encrypted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(bytes)
    }
}

impl Write for Encrypted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TlsStream {
    /// Shakes hands; whoever awaits this sets the time limit.
    pub(super) async fn accept(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<Box<Self>> {
        // Boxed from the beginning: it is large, and every session's future would have room for it.
        let tls = ServerConnection::new(config).map_err(io::Error::other)?;
        let mut stream = Box::new(Self { tcp, tls, has_more: true });
        while stream.tls.is_handshaking() {
            stream.flush_some()?;
            let Some(interest) = interest(true, stream.tls.wants_write()) else { break };
            stream.tcp.ready(interest).await?;
            match stream.decrypt() {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => {
                    // The alert that says why.
                    let _ = stream.flush_some();
                    return Err(error);
                }
            }
        }
        stream.flush().await?;
        Ok(stream)
    }

    /// Takes encrypted bytes off the socket; 0 at their end.
    fn decrypt(&mut self) -> io::Result<usize> {
        let read = self.tls.read_tls(&mut Encrypted(&self.tcp))?;
        if read > 0 {
            self.tls.process_new_packets().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
        Ok(read)
    }

    pub(super) fn try_read_buf(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        loop {
            let (start, room) = (buffer.len(), buffer.capacity());
            buffer.resize(room.max(start + 1), 0);
            let read = self.tls.reader().read(&mut buffer[start..]);
            buffer.truncate(start + read.as_ref().map_or(0, |read| *read));
            match read {
                Ok(read) => {
                    self.has_more = read > 0;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.has_more = false;
                    if self.decrypt()? == 0 {
                        return Ok(0);
                    }
                }
                // Closed without a word.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush_some()?;
        if self.tls.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let written = self.tls.writer().write(bytes)?;
        self.flush_some()?;
        Ok(written)
    }

    pub(super) async fn ready(&mut self, reads: bool, writes: bool) -> io::Result<()> {
        if reads && self.has_more {
            return Ok(());
        }
        loop {
            let flushes = self.tls.wants_write();
            let Some(interest) = interest(reads, writes || flushes) else { return std::future::pending().await };
            let ready = self.tcp.ready(interest).await?;
            if flushes {
                self.flush_some()?;
                if !(writes || reads && ready.is_readable()) {
                    continue;
                }
            }
            return Ok(());
        }
    }

    /// Writes what was encrypted and not written.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tcp.writable().await?;
            self.flush_some()?;
        }
        Ok(())
    }

    fn flush_some(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut Encrypted(&self.tcp)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Says goodbye as TLS does.
    pub(super) fn close_notify(&mut self) {
        self.tls.send_close_notify();
        let _ = self.flush_some();
    }
}
