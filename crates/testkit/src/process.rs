//! A binary of the workspace as a child process, and its end.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::wait::{SAFETY, Watched};

/// Variables of these prefixes do not reach a child: a test says all that it means.
const WITHHELD: &[&str] = &[
    "SENTRY_",
    "OTEL_",
    "THROUGHLINE_",
    "GRAPH_",
    "GATEWAY_",
    "INSPECTOR_",
    "DGRAPH_",
    "TRACE_LAYERS",
    "LOG_FORMAT",
    "RUST_LOG",
];

/// What a child said and how it ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// All of its stdout.
    pub stdout: String,
    /// All of its stderr.
    pub stderr: String,
}

/// How a child is started. See [`Process::builder`].
#[derive(Debug)]
pub struct ProcessBuilder {
    name: String,
    path: Option<PathBuf>,
    within: Vec<String>,
    args: Vec<OsString>,
    envs: Vec<(OsString, OsString)>,
}

impl ProcessBuilder {
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.envs
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Starts it by these words, of which the first is a program that becomes what the last words say: `nice`, `sh -c`.
    pub fn within(mut self, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.within = words.into_iter().map(Into::into).collect();
        self
    }

    /// Starts the child and waits until it takes calls, that is until it prints
    /// `… listening on http://…`.
    ///
    /// # Panics
    ///
    /// When it ends before that, or takes longer than [`SAFETY`]; the
    /// message carries its stderr.
    pub async fn spawn(self) -> Process {
        let (mut process, url) = self.start_until("listens", announced).await;
        process.url = url;
        process
    }

    /// Starts the child and waits until its stdout satisfies `found`; what it
    /// announces as its URL is not looked for.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn) does.
    pub async fn spawn_until(self, found: impl Fn(&str) -> bool) -> Process {
        let found = |stdout: &str| found(stdout).then_some(());
        self.start_until("writes what is waited for", found).await.0
    }

    async fn start_until<T>(self, what: &str, find: impl Fn(&str) -> Option<T>) -> (Process, T) {
        let name = self.name.clone();
        let process = self.start();
        let output = process.output.clone();
        let found = output.wait(
            |output| {
                let found = find(&output.stdout);
                found.map(Some).or(output.has_ended().then_some(None))
            },
            |output| format!("{name}: never said that it {what}; {output}"),
        );
        match found.await {
            Some(found) => (process, found),
            None => output.read(|output| panic!("{name}: ended before it {what}; {output}")),
        }
    }

    /// Runs the child to its end.
    ///
    /// # Panics
    ///
    /// When it takes longer than [`SAFETY`].
    pub async fn output(self) -> Finished {
        self.output_within(SAFETY).await
    }

    /// Runs the child to its end, which may be long in coming on a busy machine: it starts others and waits for them.
    ///
    /// # Panics
    ///
    /// When it takes longer than `bound`.
    pub async fn output_within(self, bound: Duration) -> Finished {
        self.start().finished(bound).await
    }

    fn start(self) -> Process {
        let path = self
            .path
            .unwrap_or_else(|| crate::binaries().path(&self.name).to_owned());
        let mut words = self.within.iter().map(OsString::from).chain([path.into()]);
        let mut command = Command::new(words.next().expect("the program is one"));
        command.args(words);
        for (name, _) in std::env::vars_os() {
            if WITHHELD
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix))
            {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(self.args)
            // With the pipe below: a child ends with us, however we end.
            .env("THROUGHLINE_STOP_ON_EOF", "1")
            .envs(self.envs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let output = Watched::<Output>::default();
        let readers = [
            read(child.stdout.take(), output.clone(), |output| {
                &mut output.stdout
            }),
            read(child.stderr.take(), output.clone(), |output| {
                &mut output.stderr
            }),
        ];
        Process {
            name: self.name,
            url: String::new(),
            child,
            output,
            readers,
        }
    }
}

/// A running child. Dropping it kills it.
pub struct Process {
    name: String,
    url: String,
    child: Child,
    output: Watched<Output>,
    readers: [JoinHandle<()>; 2],
}

impl Process {
    /// Prepares to start a binary of the workspace, by its name.
    pub fn builder(name: &str) -> ProcessBuilder {
        ProcessBuilder {
            name: name.to_owned(),
            path: None,
            within: Vec::new(),
            args: Vec::new(),
            envs: Vec::new(),
        }
    }

    /// Prepares to start an executable that is no binary of the workspace, such as an example.
    pub fn builder_at(path: impl Into<PathBuf>) -> ProcessBuilder {
        let path = path.into();
        ProcessBuilder {
            path: Some(path.clone()),
            ..Self::builder(&path.to_string_lossy())
        }
    }

    /// Where it listens, as it announced: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens, without the scheme: `127.0.0.1:PORT`.
    pub fn addr(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it was stopped (SIGSTOP) and does not go on.
    pub fn is_stopped(&self) -> bool {
        self.id().is_some_and(is_stopped)
    }

    /// What it wrote to stderr so far.
    pub fn stderr(&self) -> String {
        self.output.read(|output| output.stderr.clone())
    }

    /// Waits until its stderr satisfies `found`.
    ///
    /// # Panics
    ///
    /// After [`SAFETY`], with the stderr.
    pub async fn wait_for_stderr(&self, found: impl Fn(&str) -> bool) {
        self.output
            .wait(
                |output| found(&output.stderr).then_some(()),
                |output| format!("{} did not write what was waited for; {output}", self.name),
            )
            .await;
    }

    /// Asks it to stop (SIGTERM) and waits for its end.
    ///
    /// # Panics
    ///
    /// When it does not end within [`SAFETY`].
    pub async fn stop(self) -> Finished {
        self.signal("TERM").await;
        self.finished(SAFETY).await
    }

    /// Kills it (SIGKILL) and waits for its end.
    pub async fn kill(mut self) -> Finished {
        self.child.start_kill().ok();
        self.finished(SAFETY).await
    }

    /// Sends it a signal by name, such as `STOP` or `CONT`.
    ///
    /// # Panics
    ///
    /// When the signal cannot be sent to a child that still runs.
    pub async fn signal(&self, signal: &str) {
        let Some(id) = self.child.id() else { return };
        // The program, not a system call: there is no safe call in std, and no
        // crate is worth having for it.
        let sent = Command::new("kill")
            .args([format!("-{signal}"), id.to_string()])
            .status()
            .await
            .expect("kill is part of every Unix");
        assert!(sent.success(), "kill -{signal} {id} ({})", self.name);
    }

    async fn finished(mut self, bound: Duration) -> Finished {
        // Kept open until the end: closing it asks the child to stop.
        let stdin = self.child.stdin.take();
        let Ok(status) = tokio::time::timeout(bound, self.child.wait()).await else {
            self.output
                .read(|output| panic!("{} does not end; {output}", self.name))
        };
        drop(stdin);
        for reader in &mut self.readers {
            reader.await.ok();
        }
        self.output.read(|output| Finished {
            status: status.expect("a child can be waited for"),
            stdout: output.stdout.clone(),
            stderr: output.stderr.clone(),
        })
    }
}

/// Whether the process with this id is stopped.
pub(crate) fn is_stopped(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
    // After the name, in brackets, which may hold anything.
    stat.is_ok_and(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, state)| state.starts_with('T'))
    })
}

#[derive(Default)]
struct Output {
    stdout: String,
    stderr: String,
    /// How many of the two have ended.
    ended: usize,
}

impl Output {
    /// Both, so that a panic's message has all that the child said.
    fn has_ended(&self) -> bool {
        self.ended == 2
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr)
    }
}

fn read(
    pipe: Option<impl AsyncRead + Unpin + Send + 'static>,
    output: Watched<Output>,
    stream: fn(&mut Output) -> &mut String,
) -> JoinHandle<()> {
    let mut lines = BufReader::new(pipe.expect("the pipe was asked for"));
    tokio::spawn(async move {
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .await
            .is_ok_and(|read| read > 0)
        {
            output.update(|output| stream(output).push_str(&String::from_utf8_lossy(&line)));
            line.clear();
        }
        output.update(|output| output.ended += 1);
    })
}

fn announced(stdout: &str) -> Option<String> {
    let line = stdout
        .lines()
        .find(|line| line.contains("listening on http"))?;
    let url = &line[line.find("http")?..];
    Some(
        url.split_whitespace()
            .next()?
            .trim_end_matches('/')
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_announcement() {
        assert_eq!(announced("starting\n"), None);
        assert_eq!(
            announced("graph listening on http://127.0.0.1:5/\n").as_deref(),
            Some("http://127.0.0.1:5")
        );
    }
}
