//! Several zeros and alphas on loopback, or one of each, with access control and TLS if asked for; each can be killed and started
//! again. All end with the process, whatever kind of end it has.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tempfile::TempDir;
use throughline_dgraph_client::{Dgraph, Error, Login, Options, Tls};

use super::{
    node::Node,
    ports::{self, Offsets},
    real::program,
};
use crate::SAFETY;

/// The user that Dgraph makes itself, and its password.
const FIRST_USER: (&str, &str) = ("groot", "password");

/// The folder of the authority that all are certified by.
const AUTHORITY: &str = "tls";
/// Whom the client's certificate names.
const CLIENT: &str = "throughline";

/// How many, and how they are entered.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Zeros.
    pub zeros: u16,
    /// Alphas, all of one group.
    pub alphas: u16,
    /// How long a login holds, where one is asked for, as Dgraph writes it: `2s`.
    pub login: Option<&'static str>,
    /// Whether TLS is spoken, on all of an alpha's ports.
    pub tls: bool,
    /// Where all send their spans to, `host:port` of OTLP over HTTP.
    pub spans: Option<String>,
    /// Whether who calls has to show a certificate, too.
    pub client_certificate: bool,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            zeros: 1,
            alphas: 1,
            login: None,
            tls: false,
            spans: None,
            client_certificate: false,
        }
    }
}

/// The zeros and alphas, each counted from 0.
pub struct DgraphCluster {
    program: PathBuf,
    options: ClusterOptions,
    offsets: Offsets,
    zeros: Vec<Option<Node>>,
    alphas: Vec<Option<Node>>,
    folder: TempDir,
}

impl DgraphCluster {
    /// Starts all, and waits until they can be written to; nothing where there is no Dgraph.
    ///
    /// # Panics
    ///
    /// Where there is one, and it cannot be used.
    pub async fn start(options: ClusterOptions) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().expect("a folder");
        if options.login.is_some() {
            let key = "a key of thirty-two characters !";
            std::fs::write(folder.path().join("acl"), key).expect("a file");
        }
        if options.tls {
            certify(&program, folder.path(), AUTHORITY);
        }
        let mut cluster = Self {
            offsets: Offsets::claim(options.zeros.max(options.alphas)),
            zeros: (0..options.zeros).map(|_| None).collect(),
            alphas: (0..options.alphas).map(|_| None).collect(),
            program,
            options,
            folder,
        };
        for at in 0..cluster.options.zeros {
            cluster.start_zero(at);
        }
        for at in 0..cluster.options.alphas {
            cluster.start_alpha(at);
            // The group takes one after the other.
            cluster.wait_for_alpha(at).await;
        }
        Some(cluster)
    }

    /// The alphas, `host:port` each.
    pub fn endpoints(&self) -> Vec<String> {
        let alphas = 0..self.options.alphas;
        alphas.map(|at| self.endpoint(at)).collect()
    }

    pub(super) fn endpoint(&self, alpha: u16) -> String {
        format!("127.0.0.1:{}", self.port(ports::ALPHA_GRPC, alpha))
    }

    fn port(&self, of: u16, at: u16) -> u16 {
        of + self.offsets.first + at
    }

    /// The port on which a zero answers HTTP.
    pub fn zero_http_port(&self, at: u16) -> u16 {
        self.port(ports::ZERO_HTTP, at)
    }

    /// The port on which an alpha answers HTTP.
    pub fn alpha_http_port(&self, at: u16) -> u16 {
        self.port(ports::ALPHA_HTTP, at)
    }

    /// The process id of an alpha, if it is there.
    pub(super) fn alpha_id(&self, at: u16) -> Option<u32> {
        self.alphas[usize::from(at)].as_ref().map(Node::id)
    }

    /// The alpha and the zero that lead, as the zeros say that are there; `None` while there is an election.
    pub async fn leaders(&self) -> (Option<u16>, Option<u16>) {
        for at in 0..self.options.zeros {
            let asked = Request::get(format!(
                "http://localhost:{}/state",
                self.zero_http_port(at)
            ));
            let asked = asked.body(Full::default()).expect("a request");
            let Ok(state) = answer(asked).await else {
                continue;
            };
            let leads = |members: &serde_json::Value, base: u16| {
                let members = members.as_object()?;
                let leader = members.values().find(|it| it["leader"] == true)?;
                let (_, port) = leader["addr"].as_str()?.rsplit_once(':')?;
                port.parse::<u16>().ok()?.checked_sub(self.port(base, 0))
            };
            let alpha = leads(&state["groups"]["1"]["members"], ports::ALPHA);
            let zero = leads(&state["zeros"], ports::ZERO);
            // One that was killed is named until another is elected.
            let there = |nodes: &[Option<Node>], at: &u16| nodes[usize::from(*at)].is_some();
            return (
                alpha.filter(|at| there(&self.alphas, at)),
                zero.filter(|at| there(&self.zeros, at)),
            );
        }
        (None, None)
    }

    /// The certificate of the authority, a PEM file; where TLS is spoken.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join(AUTHORITY).join("ca.crt")
    }

    /// The certificate that a client shows, and its key, PEM files; where TLS is spoken.
    pub fn identity(&self) -> [PathBuf; 2] {
        let folder = self.folder.path().join(AUTHORITY);
        ["crt", "key"].map(|kind| folder.join(format!("client.{CLIENT}.{kind}")))
    }

    /// Makes another authority, which nothing here is certified by; its certificate, a PEM file.
    ///
    /// # Panics
    ///
    /// Where Dgraph cannot make one.
    pub fn make_authority(&self, name: &str) -> PathBuf {
        certify(&self.program, self.folder.path(), name);
        self.folder.path().join(name).join("ca.crt")
    }

    /// How to reach it, as the user that Dgraph makes itself.
    ///
    /// # Panics
    ///
    /// Where a certificate's file is gone.
    pub fn client_options(&self) -> Options {
        let (user, password) = FIRST_USER;
        let login = self.options.login.map(|_| Login {
            user: user.to_owned(),
            password: password.to_owned(),
            namespace: 0,
        });
        let file = |path: PathBuf| std::fs::read(path).expect("a certificate's file");
        let identity = self.options.client_certificate.then(|| self.identity());
        let tls = self.options.tls.then(|| Tls {
            authorities: file(self.authority()),
            identity: identity.map(|[chain, key]| (file(chain), file(key))),
        });
        Options {
            login,
            tls,
            ..Options::new(self.endpoints())
        }
    }

    /// Kills a zero (SIGKILL).
    pub fn kill_zero(&mut self, at: u16) {
        self.zeros[usize::from(at)] = None;
    }

    /// Kills an alpha (SIGKILL).
    pub fn kill_alpha(&mut self, at: u16) {
        self.alphas[usize::from(at)] = None;
    }

    /// Starts a zero, which is not there or was killed.
    pub fn start_zero(&mut self, at: u16) {
        let mut arguments = vec![
            format!("--my={}", self.zero(at)),
            format!("--wal=zw{at}"),
            format!("--raft=idx={}", at + 1),
            format!("--replicas={}", self.options.alphas),
        ];
        if at > 0 {
            arguments.push(format!("--peer={}", self.zero(0)));
        }
        self.zeros[usize::from(at)] = Some(self.node("zero", at, &arguments));
    }

    /// Starts an alpha, which is not there or was killed.
    pub fn start_alpha(&mut self, at: u16) {
        let zeros: Vec<_> = (0..self.options.zeros).map(|it| self.zero(it)).collect();
        let mut arguments = vec![
            format!("--zero={}", zeros.join(",")),
            format!("--postings=p{at}"),
            format!("--wal=w{at}"),
            format!("--tmp=t{at}"),
            format!("--export=export{at}"),
            "--cache=size-mb=64; percentage=40,40,20;".to_owned(),
            "--badger=compression=snappy; numgoroutines=2; memtablesize=16777216;".to_owned(),
        ];
        if let Some(holds) = self.options.login {
            arguments.push(format!("--acl=secret-file=acl; access-ttl={holds};"));
        }
        if self.options.tls {
            let files = "ca-cert=tls/ca.crt; server-cert=tls/node.crt; server-key=tls/node.key;";
            let asks = match self.options.client_certificate {
                true => "client-auth-type=REQUIREANDVERIFY;",
                false => "",
            };
            arguments.push(format!("--tls={files} {asks}"));
        }
        self.alphas[usize::from(at)] = Some(self.node("alpha", at, &arguments));
    }

    /// Waits until an alpha can be written to.
    ///
    /// # Panics
    ///
    /// Where it does not come up.
    pub async fn wait_for_alpha(&self, at: u16) {
        let options = Options {
            alphas: vec![self.endpoint(at)],
            ..self.client_options()
        };
        let dgraph = Dgraph::new(options).expect("an endpoint");
        let mut failed = Error::Unreachable;
        let ready = async {
            while let Err(error) = dgraph.alter("testkit.ready: int .").await {
                failed = error;
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let ready = tokio::time::timeout(SAFETY, ready).await;
        assert!(ready.is_ok(), "alpha {at} was never ready: {failed}");
    }

    /// Asks the first alpha's GraphQL for the administrator with this access token.
    ///
    /// # Panics
    ///
    /// Where it does not answer in JSON.
    pub async fn admin(&self, access: &str, statement: &str) -> serde_json::Value {
        let body = serde_json::json!({ "query": statement }).to_string();
        let url = format!("http://localhost:{}/admin", self.alpha_http_port(0));
        let request = Request::post(url)
            .header("content-type", "application/json")
            .header("x-dgraph-accesstoken", access)
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        answer(request).await.expect("it answers in JSON")
    }

    fn zero(&self, at: u16) -> String {
        format!("localhost:{}", self.port(ports::ZERO, at))
    }

    fn node(&self, kind: &str, at: u16, more: &[String]) -> Node {
        let log = self.folder.path().join(format!("{kind}{at}.log"));
        let log = File::options().append(true).create(true).open(log);
        let mut command = Command::new(&self.program);
        command
            .args([kind, "--bindall=false", "--logtostderr"])
            .arg(format!("--port_offset={}", self.offsets.first + at))
            .arg("--telemetry=reports=false; sentry=false;")
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("a log"));
        if let Some(spans) = &self.options.spans {
            command
                .arg(format!(
                    "--trace=ratio=1.0; jaeger={spans}; service=dgraph.{kind};"
                ))
                // A query of many steps makes spans faster than they are sent; what the queue does not hold is dropped, and
                // that would be those that end last, which tell how the query ended.
                .env("OTEL_BSP_MAX_QUEUE_SIZE", "50000");
        }
        Node::start(command, self.folder.path())
    }
}

/// An answer in JSON.
async fn answer(
    request: Request<Full<Bytes>>,
) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let body = client.request(request).await?.into_body();
    Ok(serde_json::from_slice(&body.collect().await?.to_bytes())?)
}

/// Makes an authority, and certificates of it for this machine and for a client.
fn certify(program: &Path, folder: &Path, name: &str) {
    let made = Command::new(program)
        .args(["cert", "--nodes=localhost,127.0.0.1", "--client", CLIENT])
        .args(["--dir", name])
        .current_dir(folder)
        .output();
    assert!(made.is_ok_and(|made| made.status.success()), "certificates");
}
