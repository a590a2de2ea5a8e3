use crate::platform::config::TlsConfig;
use arc_swap::ArcSwap;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no TLS. Each message names the file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or is no PEM.
    #[error("{path} cannot be read: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// A file without a certificate.
    #[error("{0} holds no certificate (-----BEGIN CERTIFICATE-----)")]
    NoCertificate(PathBuf),
    /// Certificate authorities that are none.
    #[error("{path} is no certificate authority: {why}")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        why: String,
    },
    /// A key that does not belong to the certificate, or is of a kind not known.
    #[error("{key} is no key for {cert}: {source}")]
    Pair {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What was wrong.
        source: rustls::Error,
    },
}

/// Whether the files of a port that speaks TLS are there and fit together.
///
/// # Errors
/// Which does not, and why.
pub fn check_tls(config: &TlsConfig) -> Result<(), TlsError> {
    read(config).map(drop)
}

/// The present certificate; it can be changed while connections are served.
pub(super) struct Tls {
    config: TlsConfig,
    present: ArcSwap<ServerConfig>,
}

impl Tls {
    pub(super) fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        let present = ArcSwap::from_pointee(read(config)?);
        Ok(Self { config: config.clone(), present })
    }

    /// Reads the files again; new connections get what they hold now. Files that are wrong change nothing.
    pub(super) fn reload(&self) {
        let result = match read(&self.config) {
            Ok(present) => {
                self.present.store(Arc::new(present));
                tracing::info!(cert = %self.config.cert.display(), "the TLS certificate was read again");
                "ok"
            }
            Err(error) => {
                tracing::error!(%error, "the TLS certificate was not read again: the one before goes on serving");
                "failed"
            }
        };
        metrics::counter!("dayi_mqtt_tls_reloads_total", "result" => result).increment(1);
    }

    /// What a new connection shows.
    pub(super) fn present(&self) -> Arc<ServerConfig> {
        self.present.load_full()
    }
}

fn read(config: &TlsConfig) -> Result<ServerConfig, TlsError> {
    let certificates = certificates(&config.cert)?;
    let key = PrivateKeyDer::from_pem_file(&config.key)
        .map_err(|source| TlsError::File { path: config.key.clone(), source })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let pair = |source| TlsError::Pair { cert: config.cert.clone(), key: config.key.clone(), source };
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().map_err(pair)?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let authority = |why: String| TlsError::Authority { path: path.clone(), why };
            let mut roots = RootCertStore::empty();
            for certificate in self::certificates(path)? {
                roots.add(certificate).map_err(|error| authority(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| authority(error.to_string()))?)
        }
    };
    builder.with_single_cert(certificates, key).map_err(pair)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = |source| TlsError::File { path: path.to_owned(), source };
    let found = CertificateDer::pem_file_iter(path).map_err(file)?.collect::<Result<Vec<_>, _>>().map_err(file)?;
    if found.is_empty() { Err(TlsError::NoCertificate(path.to_owned())) } else { Ok(found) }
}
