//! Whose word a client takes for who a server is. It knows nothing of what is called.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::Error;

/// The authorities by whose certificates servers are known: the public ones, or those of a file in their place.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Option<Arc<RootCertStore>>);

impl Authorities {
    /// Those of `file`, PEM, and no others. A server's own certificate will do, if it signed that itself.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::Authorities {
            file: file.to_owned(),
            reason,
        };
        let mut roots = RootCertStore::empty();
        for certificate in
            CertificateDer::pem_file_iter(file).map_err(|e| unusable(e.to_string()))?
        {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("there is none in it".to_owned()));
        }
        Ok(Self(Some(Arc::new(roots))))
    }

    pub(crate) fn client_config(&self) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Authorities {
                file: PathBuf::new(),
                reason: error.to_string(),
            })?;
        let builder = match &self.0 {
            Some(roots) => builder.with_root_certificates(roots.clone()),
            None => builder.with_webpki_roots(),
        };
        Ok(builder.with_no_client_auth())
    }
}
