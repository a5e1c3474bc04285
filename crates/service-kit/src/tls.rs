//! A server's certificate: read from two files, and read again when they change, so that a renewed one needs no restart.
//! A new one that cannot be used leaves the old one where it is. It knows nothing of what is served.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
pub use tokio_rustls::server::TlsStream;

use crate::spawn::detached;
use crate::{Error, Limits, Shutdown};

/// Takes TLS connections with the certificate of the day.
#[derive(Clone)]
pub struct Tls {
    acceptor: tokio_rustls::TlsAcceptor,
    current: Arc<Current>,
    files: Arc<[PathBuf; 2]>,
}

impl Tls {
    /// With the certificate chain and the private key of these files, both PEM. HTTP/2 is offered before HTTP/1.1.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let files = [certificate.to_owned(), key.to_owned()];
        let current = Arc::new(Current {
            key: RwLock::new(Arc::new(read(&files, &provider)?)),
        });
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&files[0], error))?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: Arc::new(config).into(),
            current,
            files: Arc::new(files),
        })
    }

    /// [`load`](Self::load) where both files are named, read again when they change; none where they are not.
    pub fn of(
        files: Option<(&PathBuf, &PathBuf)>,
        limits: &Limits,
        shutdown: &Shutdown,
    ) -> Result<Option<Self>, Error> {
        let Some((certificate, key)) = files else {
            return Ok(None);
        };
        let tls = Self::load(certificate, key)?;
        tls.reload_on_change(limits, shutdown.clone());
        Ok(Some(tls))
    }

    /// Looks at the files each `Limits::certificate_check`, until `shutdown` is requested.
    pub fn reload_on_change(&self, limits: &Limits, shutdown: Shutdown) {
        let (current, files) = (self.current.clone(), self.files.clone());
        let pause = limits.certificate_check;
        let mut seen = changed(&files);
        detached(async move {
            loop {
                tokio::select! {
                    () = shutdown.requested() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                let now = changed(&files);
                if now == seen {
                    continue;
                }
                match read(&files, &ring::default_provider()) {
                    Ok(key) => {
                        *current.key.write() = Arc::new(key);
                        tracing::info!(file = %files[0].display(), "the certificate was read again");
                        seen = now;
                    }
                    // Half written, perhaps: it is tried again, and the old one serves meanwhile.
                    Err(error) => tracing::warn!("{error}; the old certificate stays"),
                }
            }
        });
    }

    /// Shakes hands.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// The certificate of the day.
#[derive(Debug)]
struct Current {
    key: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.key.read().clone())
    }
}

fn read(
    [certificate, key]: &[PathBuf; 2],
    provider: &CryptoProvider,
) -> Result<CertifiedKey, Error> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(certificate, error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;
    CertifiedKey::from_der(chain, private, provider).map_err(|error| unusable(certificate, error))
}

fn unusable(file: &Path, error: impl fmt::Display) -> Error {
    Error::Certificate {
        file: file.to_owned(),
        reason: error.to_string(),
    }
}

/// When the files were written last.
fn changed(files: &[PathBuf; 2]) -> [Option<SystemTime>; 2] {
    files
        .each_ref()
        .map(|file| std::fs::metadata(file).and_then(|it| it.modified()).ok())
}
