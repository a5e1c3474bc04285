//! A channel to one alpha: lazy, kept alive, plain or over TLS.

use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

use crate::{Error, Limits, options::Tls};

/// A channel that connects when it is first used, and again when it has to.
pub(crate) fn channel(
    address: &str,
    tls: Option<&Arc<ClientConfig>>,
    limits: &Limits,
) -> Result<Channel, Error> {
    let bad = |problem: &str| Error::Options(format!("{address:?} is no alpha: {problem}"));
    // The scheme is for tonic's eyes only: a connector of ours does the handshake.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|_| bad("write host:port"))?
        .connect_timeout(limits.connect)
        .http2_keep_alive_interval(limits.keepalive_interval)
        .keep_alive_timeout(limits.keepalive_timeout)
        .tcp_nodelay(true);
    let authority = endpoint.uri().authority().cloned();
    let authority = authority.ok_or_else(|| bad("it names no host"))?;
    if authority.port().is_none() || endpoint.uri().path() != "/" || address.contains('@') {
        return Err(bad("write host:port"));
    }
    let Some(tls) = tls else {
        return Ok(endpoint.connect_lazy());
    };
    let name = ServerName::try_from(authority.host().trim_matches(['[', ']']).to_owned())
        .map_err(|_| bad("no certificate can name it"))?;
    let connector = TlsConnector::from(Arc::clone(tls));
    let connect = tower::service_fn(move |uri: Uri| {
        let (connector, name) = (connector.clone(), name.clone());
        async move {
            let authority = uri.authority().map_or("", |it| it.as_str());
            let stream = TcpStream::connect(authority).await?;
            stream.set_nodelay(true)?;
            let stream = connector.connect(name, stream).await?;
            Ok::<_, std::io::Error>(TokioIo::new(stream))
        }
    });
    Ok(endpoint.connect_with_connector_lazy(connect))
}

/// What TLS is to be like.
pub(crate) fn tls(tls: &Tls) -> Result<Arc<ClientConfig>, Error> {
    let bad = |problem: &str| Error::Options(format!("the TLS options cannot be used: {problem}"));
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(&tls.authorities) {
        let authority = authority.map_err(|_| bad("an authority is not PEM"))?;
        roots
            .add(authority)
            .map_err(|_| bad("an authority is no certificate"))?;
    }
    if roots.is_empty() {
        return Err(bad("there is no authority"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| bad("no protocol version"))?
        .with_root_certificates(roots);
    let mut config = match &tls.identity {
        None => config.with_no_client_auth(),
        Some((chain, key)) => {
            let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>();
            let chain = chain.map_err(|_| bad("the client's certificate is not PEM"))?;
            let key = PrivateKeyDer::from_pem_slice(key);
            let key = key.map_err(|_| bad("the client's key is not PEM"))?;
            let config = config.with_client_auth_cert(chain, key);
            config.map_err(|_| bad("the client's certificate and key do not match"))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}
