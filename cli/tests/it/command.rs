//! Runs the command and keeps what it said.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};

/// What a run of the command came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Fails unless the exit code is this one.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Fails unless stdout holds `text`.
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in {self:#?}");
        self
    }

    /// Fails unless stderr holds `text`.
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in {self:#?}");
        self
    }
}

/// The command with these arguments, without the variables of whoever runs the
/// tests.
pub(crate) fn throughline<I>(args: I) -> Run
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(env!("CARGO_BIN_EXE_throughline"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = [
            "THROUGHLINE_",
            "SENTRY_",
            "INSPECTOR_",
            "TRACE_",
            "RUST_LOG",
            "LOG_FORMAT",
        ];
        let colour = ["NO_COLOR", "CLICOLOR", "COLUMNS"];
        if ours
            .iter()
            .chain(&colour)
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command.args(args).stdin(Stdio::null()).kill_on_drop(true);
    Run(command)
}

/// A line of words as the command.
pub(crate) fn line(line: &str) -> Run {
    throughline(line.split_whitespace())
}

/// A run about to be made.
pub(crate) struct Run(Command);

impl Run {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Without this variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    pub(crate) fn path(mut self, flag: &str, path: &Path) -> Self {
        self.0.arg(flag).arg(path);
        self
    }

    /// Runs it in this folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Starts it and leaves it running, its stdout to be read.
    pub(crate) fn start(mut self) -> Child {
        self.0.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Starts it and leaves it running, what it says to be read and what it prints
    /// left where it is until its end.
    pub(crate) fn start_unread(mut self) -> Unread {
        self.0.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().unwrap();
        Unread {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            child,
            said: String::new(),
        }
    }

    pub(crate) async fn run(mut self) -> Said {
        let output = self.0.output().await.unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A run whose stdout nobody reads.
pub(crate) struct Unread {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Unread {
    /// Waits until it has said this.
    pub(crate) async fn says(&mut self, text: &str) {
        while !self.said.contains(text) {
            let read = self.stderr.read_line(&mut self.said).await.unwrap();
            assert!(read > 0, "it ended without {text:?}: {}", self.said);
        }
    }

    /// Reads all of it, to its end.
    pub(crate) async fn finished(mut self) -> Said {
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().unwrap();
        let (printed, said) = tokio::join!(
            pipe.read_to_string(&mut stdout),
            self.stderr.read_to_string(&mut self.said)
        );
        printed.unwrap();
        said.unwrap();
        Said {
            code: self.child.wait().await.unwrap().code().unwrap_or(-1),
            stdout,
            stderr: self.said,
        }
    }
}
