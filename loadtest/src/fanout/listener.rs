use crate::live::{Told, first_frames, read_told};
use crate::mqtt::Secret;
use futures::{SinkExt, StreamExt};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{client_async, connect_async};

/// What the system keeps for a page that does not read.
const SMALL_BUFFER: u32 = 16 * 1024;
/// It takes one frame, and the next after this time.
const BETWEEN_TWO: Duration = Duration::from_secs(5);

/// A delta that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) offset: u64,
    /// Changes it left out.
    pub(super) coalesced: u64,
    /// Its text in short.
    pub(super) hash: u64,
    pub(super) at: Instant,
}

/// What one page was told.
#[derive(Debug, Default)]
pub(super) struct Listened {
    pub(super) arrivals: Vec<Arrival>,
    /// The frames themselves, of those who keep them.
    pub(super) frames: Vec<Utf8Bytes>,
    /// Whole snapshots.
    pub(super) snapshots: u64,
    /// Deltas before which something was missing.
    pub(super) gaps: u64,
    /// Deltas that had come already.
    pub(super) doubled: u64,
    /// Bytes of deltas.
    pub(super) bytes: u64,
    /// Everything up to here is held.
    pub(super) offset: u64,
    /// Why it ended before it was told to.
    pub(super) broken: Option<String>,
}

/// How a page behaves.
#[derive(Clone, Debug)]
pub(super) struct Manner {
    /// Whether it keeps the frames.
    pub(super) keeps: bool,
    /// After its snapshot it reads hardly anything until this is true.
    pub(super) reads: Option<watch::Receiver<bool>>,
}

/// Listens until every change up to `until` came, once that is known; `shown` hears when the first snapshot is whole.
pub(super) async fn listen(
    http: SocketAddr,
    token: Secret,
    manner: Manner,
    mut until: watch::Receiver<Option<u64>>,
    shown: tokio::sync::mpsc::Sender<()>,
) -> Listened {
    let mut listened = Listened::default();
    tokio::select! {
        heard = hear(http, &token, manner, &mut listened, until.clone(), shown) => {
            listened.broken = heard.err().map(|error| error.to_string());
        }
        // Who has not got everything by then will not.
        _ = until.wait_for(|until| *until == Some(u64::MAX)) => {}
    }
    listened
}

/// The offset that the server has come to.
pub(super) async fn offset_now(http: SocketAddr, token: &Secret) -> Result<u64, Failure> {
    let (mut socket, _) = connect_async(format!("ws://{http}/api/v1/live")).await?;
    for frame in first_frames(token) {
        socket.send(Message::text(frame)).await?;
    }
    while let Some(message) = socket.next().await {
        let frame: serde_json::Value = serde_json::from_str(message?.to_text()?)?;
        if frame["type"] == "subscribed" {
            return frame["offset"].as_u64().ok_or_else(|| "subscribed without an offset".into());
        }
    }
    Err("the server closed the connection".into())
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn hear(
    http: SocketAddr,
    token: &Secret,
    manner: Manner,
    listened: &mut Listened,
    mut until: watch::Receiver<Option<u64>>,
    shown: tokio::sync::mpsc::Sender<()>,
) -> Result<(), Failure> {
    let socket = TcpSocket::new_v4()?;
    let mut reads = manner.reads;
    if reads.is_some() {
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    let stream = socket.connect(http).await?;
    let (mut socket, _) = client_async(format!("ws://{http}/api/v1/live"), stream).await?;
    for frame in first_frames(token) {
        socket.send(Message::text(frame)).await?;
    }
    loop {
        if let (Some(reads), true) = (&mut reads, listened.snapshots > 0) {
            // Who took nothing at all would be closed.
            let _ = tokio::time::timeout(BETWEEN_TWO, reads.wait_for(|reads| *reads)).await;
        }
        let done = |offset| until.borrow().is_some_and(|until| offset >= until);
        if done(listened.offset) {
            return Ok(());
        }
        let message = tokio::select! {
            message = socket.next() => message.ok_or("the server closed the connection")??,
            changed = until.changed() => {
                changed?;
                continue;
            }
        };
        match message {
            Message::Text(text) => listened.frame(text, Instant::now(), manner.keeps, &shown).await,
            Message::Close(frame) => return Err(format!("closed: {frame:?}").into()),
            _ => {}
        }
    }
}

impl Listened {
    async fn frame(&mut self, text: Utf8Bytes, at: Instant, keeps: bool, shown: &tokio::sync::mpsc::Sender<()>) {
        if let Some(Header { after, offset, coalesced }) = delta(&text) {
            self.gaps += u64::from(after > self.offset);
            self.doubled += u64::from(offset <= self.offset);
            self.offset = offset;
            self.bytes += text.len() as u64;
            let mut hasher = DefaultHasher::new();
            text.as_str().hash(&mut hasher);
            self.arrivals.push(Arrival { offset, coalesced, hash: hasher.finish(), at });
        } else if let Some(page) = page(&text) {
            self.offset = page.offset;
            if page.last {
                self.snapshots += 1;
                // Nobody waits any more for a second one.
                let _ = shown.try_send(());
            }
        } else if let Some(offset) = heartbeat(&text) {
            self.offset = self.offset.max(offset);
            return;
        }
        if keeps {
            self.frames.push(text);
        }
    }

    /// The last state of each instrument, in the order of the frames that were kept: id, sequence number, state.
    pub(super) fn states(&self) -> std::collections::BTreeMap<String, (u64, String)> {
        let mut states = std::collections::BTreeMap::new();
        for told in self.told().flat_map(|(_, told)| told) {
            states.insert(told.instrument, (told.seq, told.state));
        }
        states
    }

    /// What each kept frame tells; with the offset of a delta.
    pub(super) fn told(&self) -> impl Iterator<Item = (Option<u64>, Vec<Told>)> {
        self.frames.iter().filter_map(|text| Some((delta(text).map(|header| header.offset), read_told(text).ok()?)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    after: u64,
    offset: u64,
    coalesced: u64,
}

/// What a delta begins with. A thousand pages share this process: it is read without the changes.
fn delta(text: &str) -> Option<Header> {
    let (after, rest) = number(text.strip_prefix(r#"{"type":"delta","after":"#)?)?;
    let (offset, rest) = number(rest.strip_prefix(r#","offset":"#)?)?;
    let coalesced = rest.strip_prefix(r#","coalesced":"#).and_then(number).map_or(0, |(number, _)| number);
    Some(Header { after, offset, coalesced })
}

struct Page {
    offset: u64,
    last: bool,
}

fn page(text: &str) -> Option<Page> {
    let rest = text.strip_prefix(r#"{"type":"snapshot","epoch":""#)?;
    let (_, rest) = rest.split_once(r#"","offset":"#)?;
    let (offset, rest) = number(rest)?;
    let (page, rest) = number(rest.strip_prefix(r#","page":"#)?)?;
    let (pages, _) = number(rest.strip_prefix(r#","pages":"#)?)?;
    Some(Page { offset, last: page + 1 == pages })
}

fn heartbeat(text: &str) -> Option<u64> {
    let rest = text.strip_prefix(r#"{"type":"heartbeat","after":"#)?;
    let (_, rest) = number(rest)?;
    number(rest.strip_prefix(r#","offset":"#)?).map(|(offset, _)| offset)
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_protocols_own_examples_are_told_apart() {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/live-frames.jsonl");
        let (shown, mut heard) = tokio::sync::mpsc::channel(1);
        let mut listened = Listened::default();
        for line in std::fs::read_to_string(examples).unwrap().lines() {
            listened.frame(line.into(), Instant::now(), true, &shown).await;
        }
        assert!(heard.recv().await.is_some());
        assert_eq!((listened.snapshots, listened.gaps, listened.doubled, listened.offset), (1, 0, 0, 512));
        let deltas: Vec<_> = listened.arrivals.iter().map(|arrival| (arrival.offset, arrival.coalesced)).collect();
        assert_eq!(deltas, [(300, 0), (500, 130)]);
        assert_eq!(listened.states()["i1"], (1, "offline".into()));
    }
}
