//! A server that speaks just enough HTTP to misbehave in every way.

use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is done with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// This status, with these headers (each with its line's end) and this body.
    Status(u16, &'static str, String),
    /// The connection is closed without an answer.
    Close,
    /// Nothing, for ever.
    Hang,
}

impl Reply {
    pub(super) fn ok() -> Self {
        Self::Status(204, "", String::new())
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Status(status, "", String::new())
    }
}

type Rule = Box<dyn FnMut(&str) -> Reply + Send>;

struct Inner {
    rule: Rule,
    /// Every line of a request that was answered with 204, in order.
    taken: Vec<String>,
    heads: Vec<String>,
}

/// The server, until it is dropped.
pub(super) struct OddServer {
    pub(super) url: String,
    inner: Arc<Mutex<Inner>>,
    requests: watch::Receiver<usize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for OddServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl OddServer {
    /// Answers every request as `rule` says, which sees the lines.
    pub(super) async fn start(rule: impl FnMut(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/prefix", listener.local_addr().unwrap());
        let inner = Inner { rule: Box::new(rule), taken: Vec::new(), heads: Vec::new() };
        let inner = Arc::new(Mutex::new(inner));
        let (counted, requests) = watch::channel(0);
        let shared = inner.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, shared.clone(), counted.clone()));
            }
        });
        Self { url, inner, requests, serving }
    }

    /// From now on it answers like this.
    pub(super) fn now(&self, rule: impl FnMut(&str) -> Reply + Send + 'static) {
        self.inner.lock().unwrap().rule = Box::new(rule);
    }

    /// Every line that it took, in order.
    pub(super) fn taken(&self) -> Vec<String> {
        self.inner.lock().unwrap().taken.clone()
    }

    /// The head of the last request.
    pub(super) fn last_head(&self) -> String {
        self.inner.lock().unwrap().heads.last().unwrap().clone()
    }

    /// Returns after so many more requests.
    pub(super) async fn more_requests(&self, count: usize) {
        let mut requests = self.requests.clone();
        let enough = *requests.borrow_and_update() + count;
        requests.wait_for(|seen| *seen >= enough).await.unwrap();
    }
}

async fn serve(mut socket: TcpStream, inner: Arc<Mutex<Inner>>, counted: watch::Sender<usize>) {
    while let Some((head, body)) = request(&mut socket).await {
        let reply = {
            let mut inner = inner.lock().unwrap();
            inner.heads.push(head);
            let reply = (inner.rule)(&body);
            if matches!(reply, Reply::Status(204, ..)) {
                inner.taken.extend(body.lines().map(str::to_owned));
            }
            reply
        };
        counted.send_modify(|count| *count += 1);
        match reply {
            Reply::Close => return,
            Reply::Hang => std::future::pending().await,
            Reply::Status(status, headers, body) => {
                let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
                let answer = format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n{body}");
                if socket.write_all(answer.as_bytes()).await.is_err() || headers.contains("close") {
                    return;
                }
            }
        }
    }
}

/// The next request: its head and its body, unpacked.
async fn request(socket: &mut TcpStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    let body = if head.contains("content-encoding: gzip") {
        let mut text = String::new();
        GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
        text
    } else {
        String::from_utf8(body).unwrap()
    };
    Some((head, body))
}
