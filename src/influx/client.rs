//! One HTTP connection to the server's write address.

use super::policy::{Answer, Verdict};
use crate::domain::Clock;
use crate::platform::config::InfluxConfig;
use crate::platform::retry_after::retry_after;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::{Layer, Service};

/// Bytes of an error's body that are read.
const LONGEST_BODY: usize = 4_096;
/// Characters of it that are told.
const LONGEST_WORDS: usize = 500;

/// Why the configuration cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum InfluxError {
    /// The address.
    #[error("[influx] url {0:?} is no http:// or https:// address")]
    Url(String),
    /// The token.
    #[error("[influx] token holds a character that an HTTP header cannot")]
    Token,
    /// The client.
    #[error("nothing can be sent to InfluxDB: {0}")]
    Http(#[from] reqwest::Error),
    /// The database.
    #[error("how far InfluxDB is could not be read: {0}")]
    Db(#[from] sea_orm::DbErr),
}

/// Sends lines, one request at a time.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    gzip: bool,
    clock: Arc<dyn Clock>,
    /// Set by each connection that is opened.
    opened: Arc<AtomicBool>,
    /// Whether the connection was to be closed after the last answer, so that a new one means nothing.
    closing: bool,
}

/// An answer, and what the connection tells.
pub(super) struct Heard {
    /// What came back.
    pub(super) answer: Answer,
    /// Whether the connection before was gone without a word: the server may have been started anew.
    pub(super) connected_anew: bool,
}

impl Client {
    /// A client for what `config` names.
    pub(super) fn new(config: &InfluxConfig, clock: Arc<dyn Clock>) -> Result<Self, InfluxError> {
        let url = write_url(config)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some(token) = config.token.as_deref().filter(|token| !token.is_empty()) {
            let mut value = HeaderValue::from_str(&format!("Token {token}")).map_err(|_| InfluxError::Token)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let opened = Arc::new(AtomicBool::new(false));
        let http = reqwest::Client::builder()
            .default_headers(headers)
            // A POST that is redirected arrives as a GET.
            .redirect(Policy::none())
            .timeout(Duration::from_secs(config.timeout_s.into()))
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(None)
            .connector_layer(NoteOpened(opened.clone()))
            .user_agent(concat!("dayi/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http, url, gzip: config.gzip, clock, opened, closing: true })
    }

    /// Sends lines. None at all asks whether the server is still there.
    pub(super) async fn write(&mut self, lines: &str) -> Heard {
        let mut request = self.http.post(self.url.clone());
        request = match self.gzip.then(|| packed(lines)) {
            Some(Ok(packed)) => request.header(CONTENT_ENCODING, "gzip").body(packed),
            // Memory takes everything; but if it did not, plain lines would do.
            Some(Err(_)) | None => request.body(lines.to_owned()),
        };
        self.opened.store(false, Ordering::Relaxed);
        let expected = std::mem::replace(&mut self.closing, false);
        let answered = request.send().await;
        let connected_anew = self.opened.load(Ordering::Relaxed) && !expected;
        let answer = match answered {
            Ok(response) => {
                let close = response.headers().get(CONNECTION).and_then(|value| value.to_str().ok());
                self.closing = close.is_some_and(|value| value.to_ascii_lowercase().contains("close"));
                read(response, self.clock.now_ms()).await
            }
            Err(error) => Answer::Nothing(why(error)),
        };
        Heard { answer, connected_anew }
    }
}

/// Asks the server that `config` names whether it would take lines, and changes nothing there.
///
/// # Errors
/// When the configuration cannot be followed, the server does not answer, or it refuses; in words.
pub async fn check(config: &InfluxConfig, clock: Arc<dyn Clock>) -> Result<(), String> {
    let answer = Client::new(config, clock).map_err(|error| error.to_string())?.write("").await.answer;
    match answer.verdict() {
        // InfluxDB refuses a request without lines, after it has looked who asks and for which bucket.
        Verdict::Done | Verdict::Partly | Verdict::Refused | Verdict::TooLarge => Ok(()),
        Verdict::NotNow(_) => Err(answer.words()),
    }
}

/// The address of the v2 API's write, which VictoriaMetrics speaks, too. A path in front of it is kept: a cluster's
/// `vminsert` wants one.
fn write_url(config: &InfluxConfig) -> Result<Url, InfluxError> {
    let given = config.url.as_deref().unwrap_or_default();
    let wrong = || InfluxError::Url(given.to_owned());
    let mut url = Url::parse(given).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong());
    }
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(["api", "v2", "write"]);
    url.query_pairs_mut()
        .append_pair("org", &config.org)
        .append_pair("bucket", &config.bucket)
        .append_pair("precision", "ms");
    Ok(url)
}

fn packed(lines: &str) -> std::io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::with_capacity(lines.len() / 8), Compression::fast());
    packing.write_all(lines.as_bytes())?;
    packing.finish()
}

async fn read(mut response: Response, now_ms: i64) -> Answer {
    let status = response.status().as_u16();
    let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = wish.and_then(|value| retry_after(value, now_ms));
    let mut body = Vec::new();
    while body.len() < LONGEST_BODY {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            // The status says enough.
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(LONGEST_BODY);
    let said = if (200..300).contains(&status) { String::new() } else { words(&body) };
    Answer::Http { status, said, retry_after }
}

/// What an error's body says: InfluxDB puts it into `message` of a JSON object, others send text.
fn words(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Error {
        message: String,
    }
    let text = serde_json::from_slice(body)
        .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |Error { message }| message);
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_WORDS).collect()
}

/// An error with what made it: reqwest's own words say only that something failed. The address is left out, it is in the
/// configuration.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = if error.is_timeout() { "no answer in time".to_owned() } else { error.to_string() };
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}

/// Notes when a connection is opened.
#[derive(Clone)]
struct NoteOpened(Arc<AtomicBool>);

#[derive(Clone)]
struct Noting<S> {
    connect: S,
    opened: Arc<AtomicBool>,
}

impl<S> Layer<S> for NoteOpened {
    type Service = Noting<S>;

    fn layer(&self, connect: S) -> Noting<S> {
        Noting { connect, opened: self.0.clone() }
    }
}

impl<S: Service<R>, R> Service<R> for Noting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connect.poll_ready(context)
    }

    fn call(&mut self, to: R) -> S::Future {
        self.opened.store(true, Ordering::Relaxed);
        self.connect.call(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(url: &str, org: &str) -> Result<String, String> {
        let config = InfluxConfig { url: Some(url.into()), org: org.into(), ..InfluxConfig::default() };
        write_url(&config).map(Into::into).map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_in_front_is_kept_and_names_are_escaped() {
        assert_eq!(
            url("http://db:8086", "浙江 &").unwrap(),
            "http://db:8086/api/v2/write?org=%E6%B5%99%E6%B1%9F+%26&bucket=dayi&precision=ms"
        );
        for prefix in ["http://vm:8480/insert/0/influx", "http://vm:8480/insert/0/influx/"] {
            assert!(url(prefix, "o").unwrap().starts_with("http://vm:8480/insert/0/influx/api/v2/write?"));
        }
        for wrong in ["", "db:8086", "ftp://db", "/insert"] {
            assert!(url(wrong, "o").unwrap_err().contains("[influx] url"), "{wrong}");
        }
    }

    #[test]
    fn the_servers_words_are_found_and_kept_short() {
        assert_eq!(words(br#"{"code":"invalid","message":"unable to parse"}"#), "unable to parse");
        assert_eq!(words(b"cannot parse\nthis \xff"), "cannot parse this \u{fffd}");
        assert_eq!(words("大".repeat(2_000).as_bytes()).chars().count(), LONGEST_WORDS);
    }
}
