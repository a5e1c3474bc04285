//! One service as a child process: started, ready, stopped, and never left
//! behind.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child as Process, ChildStdin, ChildStdout, Command};

use super::plan::{Launch, Ready, is_withheld};

/// How long a service may take to say that it listens.
const READY: Duration = Duration::from_secs(30);
/// How long a database may take until it answers that it is well, and how often it is asked.
const HEALTHY: Duration = Duration::from_secs(90);
const ASK: Duration = Duration::from_millis(100);
/// How long a service may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);
/// How much of a log is shown when its service died.
const TAIL_LINES: usize = 20;

/// A running service.
#[derive(Debug)]
pub(crate) struct Child {
    service: &'static str,
    process: Process,
    // Apart from the process, whose `wait` would close it.
    stdin: Option<ChildStdin>,
    log: PathBuf,
    address: SocketAddr,
    // Kept open: its end would be taken for the end of the child's reader.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// A command without the variables of other stacks.
pub(crate) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if is_withheld(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
        .current_dir(crate::workspace::root())
        .kill_on_drop(true);
    command
}

impl Child {
    /// Starts a service and waits until it takes calls.
    pub(crate) async fn start(launch: Launch, log: PathBuf) -> anyhow::Result<Self> {
        let service = launch.service;
        let file =
            File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let mut command = command(&launch.program);
        if let Some(folder) = launch.folder {
            command.current_dir(folder);
        }
        let mut process = command
            .args(launch.args)
            .envs(launch.env)
            // Its stdin stays open as long as we live: when it ends, however we
            // ended, so does the child.
            .env("THROUGHLINE_STOP_ON_EOF", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            // Ctrl-C is for us: we stop the services in their order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{service} cannot be started"))?;
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().context("its stdout is piped")?;
        let mut stdout = BufReader::new(stdout).lines();
        let (most, ready) = match launch.ready {
            Ready::Announced => (
                READY,
                tokio::time::timeout(READY, announced(&mut stdout)).await,
            ),
            Ready::Healthy(address) => (
                HEALTHY,
                tokio::time::timeout(HEALTHY, healthy(&mut process, address)).await,
            ),
        };
        let Ok(ready) = ready else {
            bail!(
                "{service} did not take calls within {} s{}",
                most.as_secs(),
                tail(&log)
            );
        };
        let Some(address) = ready? else {
            let status = process.wait().await?;
            bail!("{service} ended at its start, {status}{}", tail(&log));
        };
        Ok(Self {
            service,
            process,
            stdin,
            log,
            address,
            _stdout: stdout,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends of its own accord; says so, with the tail of its log.
    pub(crate) async fn death(&mut self) -> String {
        let status = self.process.wait().await;
        let status = status.map_or_else(
            |error| error.to_string(),
            |status: ExitStatus| status.to_string(),
        );
        format!("{} ended, {status}{}", self.service, tail(&self.log))
    }

    /// Stops it: gracefully, or after a bound not.
    pub(crate) async fn stop(mut self) {
        drop(self.stdin.take());
        if tokio::time::timeout(STOP, self.process.wait())
            .await
            .is_err()
        {
            println!(
                "{} did not stop within {} s and is killed",
                self.service,
                STOP.as_secs()
            );
            let _ = self.process.kill().await;
        }
    }
}

/// The address in the line that a service prints when it takes calls.
async fn announced(
    stdout: &mut Lines<BufReader<ChildStdout>>,
) -> anyhow::Result<Option<SocketAddr>> {
    while let Some(line) = stdout.next_line().await? {
        if let Some(address) = address_in(&line) {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

/// The address, once it answers that all is well; nothing if the process has ended.
async fn healthy(process: &mut Process, address: SocketAddr) -> anyhow::Result<Option<SocketAddr>> {
    loop {
        if process.try_wait()?.is_some() {
            return Ok(None);
        }
        // Until it listens it refuses.
        if is_healthy(address).await.unwrap_or(false) {
            return Ok(Some(address));
        }
        tokio::time::sleep(ASK).await;
    }
}

async fn is_healthy(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let ask = format!("GET /health HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(64).read_to_end(&mut answer).await?;
    let status = answer.split(|byte| *byte == b' ').nth(1);
    Ok(status == Some(b"200"))
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(" listening on http://")?;
    address.trim().parse().ok()
}

fn tail(log: &Path) -> String {
    let Ok(text) = std::fs::read_to_string(log) else {
        return String::new();
    };
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    match &lines[from..] {
        [] => format!("; it logged nothing to {}", log.display()),
        last => format!("; the end of {}:\n  {}", log.display(), last.join("\n  ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_holds_the_address() {
        let found = address_in("gateway listening on http://127.0.0.1:8080");
        assert_eq!(found, Some(SocketAddr::from(([127, 0, 0, 1], 8080))));
        assert_eq!(address_in("gateway is listening"), None);
        assert_eq!(address_in("gateway listening on http://nowhere"), None);
    }

    #[tokio::test]
    async fn a_service_that_ends_at_its_start_shows_its_log() {
        let log = std::env::temp_dir().join(format!("xtask-child-{}.log", std::process::id()));
        let launch = Launch {
            service: "graph",
            program: "/bin/sh".into(),
            args: vec!["-c", "echo 'GRAPH_STORE is wrong' >&2; exit 64"],
            env: vec![],
            folder: None,
            ready: Ready::Announced,
        };
        let error = Child::start(launch, log.clone())
            .await
            .expect_err("it ends");
        let said = error.to_string();
        assert!(
            said.contains("graph ended at its start") && said.contains("64"),
            "{said}"
        );
        assert!(said.contains("GRAPH_STORE is wrong"), "{said}");
        std::fs::remove_file(log).unwrap();
    }

    #[tokio::test]
    async fn a_child_ends_when_its_stdin_does() {
        let log = std::env::temp_dir().join(format!("xtask-stop-{}.log", std::process::id()));
        let launch = Launch {
            service: "graph",
            program: "/bin/sh".into(),
            args: vec![
                "-c",
                "echo graph listening on http://127.0.0.1:7; read line; exit 0",
            ],
            env: vec![],
            folder: None,
            ready: Ready::Announced,
        };
        let mut child = Child::start(launch, log.clone()).await.unwrap();
        assert_eq!(child.address().port(), 7);
        let waited = Duration::from_millis(50);
        let died = tokio::time::timeout(waited, child.death()).await;
        assert!(died.is_err(), "watching a child must not end it");
        child.stop().await;
        std::fs::remove_file(log).unwrap();
    }
}
