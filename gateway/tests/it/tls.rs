//! TLS by certificate: HTTP/2 by ALPN, a renewed certificate without a restart, bad files named at the start, and a service
//! behind the gateway that speaks it too.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use throughline_testkit::{Process, SAFETY};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::stack::{frame, get_node, raw};
use crate::upstream::Upstream;

/// Writes a new certificate for this machine, and says which.
fn renew(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(folder.join("key"), made.signing_key.serialize_pem()).expect("a key");
    std::fs::write(folder.join("cert"), made.cert.pem()).expect("a certificate");
    made.cert.der().clone()
}

async fn connect(
    addr: &str,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn h2_by_alpn_and_a_renewed_certificate() {
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let first = renew(folder.path());
    let gateway = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", &upstream.url)
        .env("GATEWAY_TLS_CERT", folder.path().join("cert"))
        .env("GATEWAY_TLS_KEY", folder.path().join("key"))
        .spawn()
        .await;
    assert!(gateway.url().starts_with("https://"), "{}", gateway.url());
    let addr = gateway.url().trim_start_matches("https://");

    let stream = connect(addr, &first).await.expect("trusted");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    tokio::spawn(connection);
    let request =
        http::Request::post("https://localhost/throughline.graph.v1.GraphService/GetNode")
            .header("content-type", "application/grpc-web+proto");
    let mut client = client.ready().await.expect("ready");
    let (answer, mut body) = client
        .send_request(request.body(()).expect("a request"), false)
        .expect("sent");
    body.send_data(Bytes::from(frame("serde")), true)
        .expect("sent");
    assert_eq!(answer.await.expect("an answer").status(), 200);

    let second = renew(folder.path());
    let renewed = async {
        while connect(addr, &second).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SAFETY, renewed)
        .await
        .expect("it is read again");
    assert!(connect(addr, &first).await.is_err(), "the old one is gone");

    std::fs::write(folder.path().join("cert"), "nonsense").expect("written");
    gateway
        .wait_for_stderr(|log| log.contains("the old certificate stays"))
        .await;
    connect(addr, &second).await.expect("the old one serves");
}

#[tokio::test]
async fn bad_files_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    renew(folder.path());
    let check = async |certificate: &str, key: &str| {
        let ended = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_TLS_CERT", folder.path().join(certificate))
            .env("GATEWAY_TLS_KEY", folder.path().join(key))
            .output()
            .await;
        assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
        assert!(ended.stderr.contains("GATEWAY_TLS"), "{}", ended.stderr);
    };
    check("nowhere", "key").await;
    check("cert", "nowhere").await;
    check("key", "cert").await;
}

/// Asks the gateway for a node that is not there: NOT_FOUND comes from the service itself.
async fn asked(gateway: &Process) -> String {
    let request = get_node(gateway.url()).body(frame("nobody"));
    let answer = raw(request.expect("a request")).await;
    let status = answer.header("grpc-status").map(str::to_owned);
    status.unwrap_or_else(|| String::from_utf8_lossy(&answer.body).into_owned())
}

#[tokio::test]
async fn a_service_behind_speaks_tls_and_is_known_by_its_authority() {
    let folder = tempfile::tempdir().expect("a folder");
    renew(folder.path());
    let file = |name: &str| folder.path().join(name);
    let graph = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env(
            "GRAPH_STORE",
            format!("sqlite:{}", file("graph.db").display()),
        )
        .env("GRAPH_TLS_CERT", file("cert"))
        .env("GRAPH_TLS_KEY", file("key"))
        .spawn()
        .await;
    assert!(graph.url().starts_with("https://"), "{}", graph.url());
    let url = graph.url().replace("127.0.0.1", "localhost");
    let before = async |authority: Option<&Path>| {
        let mut gateway = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_GRAPH_URL", &url);
        if let Some(file) = authority {
            gateway = gateway.env("THROUGHLINE_TLS_CA", file);
        }
        gateway.spawn().await
    };
    std::fs::copy(file("cert"), file("authority")).expect("copied");
    let knows = before(Some(&file("authority"))).await;
    assert_eq!(asked(&knows).await, "5");

    // The public authorities do not know it, nor does another.
    let other = tempfile::tempdir().expect("a folder");
    renew(other.path());
    for authority in [None, Some(other.path().join("cert"))] {
        let doubts = before(authority.as_deref()).await;
        assert_eq!(asked(&doubts).await, "14", "{authority:?}");
        // Written before the answer, and read here beside it.
        doubts
            .wait_for_stderr(|log| log.contains("invalid peer certificate"))
            .await;
    }

    // A renewed one serves whoever knows that, without a restart.
    renew(folder.path());
    graph
        .wait_for_stderr(|log| log.contains("read again"))
        .await;
    let knows = before(Some(&file("cert"))).await;
    assert_eq!(asked(&knows).await, "5");
    let doubts = before(Some(&file("authority"))).await;
    assert_eq!(asked(&doubts).await, "14", "the old one is gone");
}

#[tokio::test]
async fn authorities_that_are_none_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "nonsense").expect("written");
    for file in [empty, folder.path().join("nowhere")] {
        let ended = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("THROUGHLINE_TLS_CA", file)
            .output()
            .await;
        assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("THROUGHLINE_TLS_CA"),
            "{}",
            ended.stderr
        );
    }
}
