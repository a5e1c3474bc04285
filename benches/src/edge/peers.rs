//! The other proxies: where they come from, and how they are set up. Each runs
//! as one process on one thread, which is cheapest for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Where `cargo xtask bench` says that Envoy is.
const ENVOY: &str = "ENVOY_BIN";

/// How often it is tried to reach a peer that starts, and how long in between.
const TRIES: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(100);

/// A running peer; it ends when this is dropped.
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    child: Child,
}

impl Peer {
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    async fn start(address: SocketAddr, mut command: Command) -> anyhow::Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let name = command.as_std().get_program().to_owned();
        let child = command
            .spawn()
            .with_context(|| format!("{} cannot be run", name.display()))?;
        let mut peer = Self { address, child };
        for _ in 0..TRIES {
            if let Some(status) = peer.child.try_wait()? {
                bail!("{} ended at once: {status}", name.display());
            }
            if TcpStream::connect(address).await.is_ok() {
                return Ok(peer);
            }
            tokio::time::sleep(BETWEEN).await;
        }
        bail!("{} does not listen on {address}", name.display())
    }
}

/// Envoy, with its grpc-web filter.
pub(super) async fn envoy(folder: &Path, upstream: SocketAddr) -> anyhow::Result<Peer> {
    let program = std::env::var_os(ENVOY).map(PathBuf::from);
    let program = program.with_context(|| format!("{ENVOY} does not say where Envoy is"))?;
    let address = free()?;
    let config = folder.join("envoy.yaml");
    let text = include_str!("envoy.yaml")
        .replace("LISTEN_PORT", &address.port().to_string())
        .replace("UPSTREAM_PORT", &upstream.port().to_string());
    std::fs::write(&config, text)?;
    let mut command = Command::new(program);
    command.args(["--concurrency", "1", "--disable-hot-restart", "-l", "off"]);
    command.arg("-c").arg(config);
    Peer::start(address, command).await
}

/// nginx with `grpc_pass`.
pub(super) async fn nginx(folder: &Path, upstream: SocketAddr) -> anyhow::Result<Peer> {
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    ensure!(
        program.is_some(),
        "nginx is needed: `apt-get install nginx-light`"
    );
    let address = free()?;
    let config = folder.join("nginx.conf");
    let text = include_str!("nginx.conf")
        .replace("LISTEN", &address.to_string())
        .replace("UPSTREAM", &upstream.to_string())
        .replace("FOLDER", &folder.display().to_string());
    std::fs::write(&config, text)?;
    let mut command = Command::new(program.unwrap_or_default());
    command.arg("-p").arg(folder).arg("-c").arg(config);
    command.args(["-g", "daemon off; master_process off;"]);
    Peer::start(address, command).await
}

/// An address that was free a moment ago.
fn free() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
