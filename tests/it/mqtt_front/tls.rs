//! The port that speaks TLS.

use super::bench::{Bench, SharedSink, ports};
use super::wire::{BOTH, Hello, Version, Wire};
use dayi::ingest::{Front, FrontConfig, Reason, TlsConfig};
use futures::StreamExt;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// An authority, and a folder with a certificate of it that the server shows.
struct Papers {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Papers {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let papers = Self { authority, folder: tempfile::tempdir().unwrap() };
        papers.renew();
        papers
    }

    /// Writes a new certificate for the server.
    fn renew(&self) {
        let (cert, key) = self.issue();
        std::fs::write(self.folder.path().join("cert.pem"), cert).unwrap();
        std::fs::write(self.folder.path().join("key.pem"), key).unwrap();
    }

    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        (params.signed_by(&key, &self.authority).unwrap().pem(), key.serialize_pem())
    }

    fn config(&self) -> TlsConfig {
        let path = |name: &str| self.folder.path().join(name);
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        TlsConfig { listen, cert: path("cert.pem"), key: path("key.pem"), client_ca: None }
    }

    fn bench(&self) -> Bench {
        Bench::with(|config| config.tls = Some(self.config()))
    }

    fn connector(&self) -> TlsConnector {
        self.connector_with(None)
    }

    fn connector_with(&self, own: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = match own {
            Some((cert, key)) => builder.with_client_auth_cert(vec![cert], key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        Arc::new(config).into()
    }
}

async fn open(bench: &Bench, connector: &TlsConnector, version: Version) -> Wire<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(bench.tls_addr.unwrap()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    Wire { stream: connector.connect(name, tcp).await.unwrap(), version }
}

#[tokio::test]
async fn everything_works_over_tls() {
    let papers = Papers::new();
    let (bench, connector) = (papers.bench(), papers.connector());
    for version in BOTH {
        let mut service = open(&bench, &connector, version).await;
        service.connect("svc").await;
        assert_eq!(service.connack().await, 0);
        service.subscribe(&["big"], 1).await;
        let mut sensor = open(&bench, &connector, version).await;
        sensor.connect("s-a").await;
        assert_eq!(sensor.connack().await, 0);
        let before = bench.sink.readings_of("s-a").len();
        sensor.say("dayi/v1/s-a/telemetry", br#"{"current":1}"#).await;
        assert_eq!(bench.sink.readings_of("s-a").len(), before + 1);
        // Many records in both directions.
        let payload: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        service.publish("big", &payload, 0, 0).await;
        assert!(service.message().await.1 == payload);
        sensor.send(&[0xff]).await;
        sensor.closed(0x81).await;
        service.leave().await;
    }
}

#[tokio::test]
async fn a_silent_peer_blocks_nobody() {
    let papers = Papers::new();
    let (bench, connector) = (papers.bench(), papers.connector());
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(bench.tls_addr.unwrap()).await.unwrap());
    }
    let mut wire = open(&bench, &connector, Version::V5).await;
    wire.connect("s-a").await;
    assert_eq!(wire.connack().await, 0);
}

#[tokio::test]
async fn who_does_not_shake_hands_is_let_go() {
    let papers = Papers::new();
    let bench = Bench::with(|config| {
        config.tls = Some(papers.config());
        config.connect_timeout_ms = 100;
    });
    let mut silent = TcpStream::connect(bench.tls_addr.unwrap()).await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(bench.refusals.count(Reason::ConnectTimeout), 1);
    let mut plain = Wire::open(bench.tls_addr.unwrap(), Version::V4).await;
    plain.connect("s-a").await;
    let mut answer = Vec::new();
    plain.stream.read_to_end(&mut answer).await.unwrap_or_default();
    assert_ne!(answer.first(), Some(&0x20));
    assert_eq!(bench.refusals.count(Reason::Handshake), 1);
}

#[tokio::test]
async fn a_client_shows_a_certificate_where_one_is_asked_for() {
    let papers = Papers::new();
    let authority = papers.folder.path().join("ca.pem");
    std::fs::write(&authority, papers.authority.pem()).unwrap();
    let bench = Bench::with(|config| {
        config.tls = Some(TlsConfig { client_ca: Some(authority.clone()), ..papers.config() });
    });
    let (cert, key) = papers.issue();
    let own = (
        CertificateDer::from_pem_slice(cert.as_bytes()).unwrap(),
        PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
    );
    let mut wire = open(&bench, &papers.connector_with(Some(own)), Version::V5).await;
    wire.connect(Hello::from("s-a")).await;
    assert_eq!(wire.connack().await, 0);
    // With TLS 1.3 a client learns only afterwards that its certificate is missed.
    let mut wire = open(&bench, &papers.connector(), Version::V5).await;
    assert!(wire.stream.read_u8().await.is_err());
    assert_eq!(bench.refusals.count(Reason::Handshake), 1);
}

#[tokio::test]
async fn a_new_certificate_is_shown_after_sighup() {
    let papers = Papers::new();
    let (bench, connector) = (papers.bench(), papers.connector());
    let shown = |wire: &Wire<TlsStream<TcpStream>>| {
        wire.stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    };
    let hang_up = || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP).unwrap();
    let mut old = open(&bench, &connector, Version::V4).await;
    old.connect("s-old").await;
    assert_eq!(old.connack().await, 0);
    let before = shown(&old);
    papers.renew();
    hang_up();
    let mut newest = shown(&open(&bench, &connector, Version::V4).await);
    while newest == before {
        newest = shown(&open(&bench, &connector, Version::V4).await);
    }
    old.nothing_more().await;
    // A file that is wrong changes nothing.
    std::fs::write(papers.folder.path().join("cert.pem"), "no certificate").unwrap();
    hang_up();
    assert_eq!(shown(&open(&bench, &connector, Version::V4).await), newest);
}

#[tokio::test]
async fn a_wrong_file_is_named_at_the_start() {
    let papers = Papers::new();
    let other = Papers::new();
    let write = |name: &str, text: &str| {
        let path = papers.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let start = |tls: TlsConfig| {
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        let config = FrontConfig { listen, tls: Some(tls), ..FrontConfig::default() };
        Front::bind(config, ports(&SharedSink::default())).err().unwrap().to_string()
    };
    let missing = Path::new("no/such.pem").to_owned();
    for (tls, said) in [
        (TlsConfig { cert: missing.clone(), ..papers.config() }, "no/such.pem cannot be read"),
        (TlsConfig { key: missing.clone(), ..papers.config() }, "no/such.pem cannot be read"),
        (TlsConfig { cert: write("empty.pem", ""), ..papers.config() }, "empty.pem holds no certificate"),
        (TlsConfig { key: other.config().key, ..papers.config() }, "is no key for"),
        (TlsConfig { client_ca: Some(missing), ..papers.config() }, "no/such.pem cannot be read"),
        (TlsConfig { client_ca: Some(write("none.pem", "")), ..papers.config() }, "none.pem holds no certificate"),
    ] {
        let error = start(tls);
        assert!(error.contains(said) && error.contains("[mqtt.tls]"), "{error}");
    }
}

/// How many is `DAYI_HANDSHAKES`; how long they took is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_handshakes_and_all_are_served() {
    let count = std::env::var("DAYI_HANDSHAKES").map_or(1000, |count| count.parse().unwrap());
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let papers = Papers::new();
    let (bench, connector) = (papers.bench(), papers.connector());
    let start = std::time::Instant::now();
    let clients = futures::stream::iter(0..count).map(|n| {
        let (bench, connector) = (&bench, &connector);
        async move {
            let mut wire = open(bench, connector, Version::V5).await;
            wire.connect(format!("s-{n}").as_str()).await;
            assert_eq!(wire.connack().await, 0);
            wire
        }
    });
    let mut clients: Vec<_> = clients.buffer_unordered(100).collect().await;
    println!("{count} handshakes, CONNECT and CONNACK included, in {:?}", start.elapsed());
    for client in &mut clients {
        client.nothing_more().await;
    }
}
