//! A server that takes what webhooks and robots are sent, and misbehaves in every way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What is done with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// This status, with these headers (each with its line's end) and this body.
    Status(u16, &'static str, String),
    /// The connection is closed without an answer.
    Close,
    /// Nothing, for ever.
    Hang,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Status(status, "", String::new())
    }

    pub(super) fn says(body: &str) -> Self {
        Self::Status(200, "content-type: application/json\r\n", body.into())
    }
}

/// What came.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        &self.headers[name]
    }
}

type Rule = Box<dyn FnMut(&Request) -> Reply + Send>;

struct Inner {
    rule: Rule,
    requests: Vec<Request>,
}

/// The server, until it is dropped.
pub(super) struct Receiver {
    pub(super) url: String,
    inner: Arc<Mutex<Inner>>,
    counted: watch::Receiver<usize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub(super) async fn start(rule: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner { rule: Box::new(rule), requests: Vec::new() }));
        let (count, counted) = watch::channel(0);
        let shared = inner.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(socket, shared.clone(), count.clone()));
            }
        });
        Self { url, inner, counted, serving }
    }

    /// Takes everything.
    pub(super) async fn good() -> Self {
        Self::start(|_| Reply::status(204)).await
    }

    /// From now on it answers like this.
    pub(super) fn now(&self, rule: impl FnMut(&Request) -> Reply + Send + 'static) {
        self.inner.lock().unwrap().rule = Box::new(rule);
    }

    /// Everything that came, in order.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.inner.lock().unwrap().requests.clone()
    }

    pub(super) fn last(&self) -> Request {
        self.requests().pop().unwrap()
    }

    /// Returns when so many requests have come.
    pub(super) async fn has(&self, count: usize) {
        self.counted.clone().wait_for(|seen| *seen >= count).await.unwrap();
    }
}

async fn serve(mut socket: TcpStream, inner: Arc<Mutex<Inner>>, count: watch::Sender<usize>) {
    while let Some(request) = request(&mut socket).await {
        let reply = {
            let mut inner = inner.lock().unwrap();
            let reply = (inner.rule)(&request);
            inner.requests.push(request);
            reply
        };
        count.send_modify(|count| *count += 1);
        match reply {
            Reply::Close => return,
            Reply::Hang => std::future::pending().await,
            Reply::Status(status, headers, body) => {
                let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
                let answer = format!("HTTP/1.1 {status} X\r\n{headers}{length}\r\n{body}");
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn request(socket: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let headers: HashMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    socket.read_exact(&mut body).await.ok()?;
    Some(Request { path, headers, body: String::from_utf8(body).unwrap() })
}
