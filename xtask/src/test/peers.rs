//! Programs that are not ours, as callers in the tests: where they are, how they
//! are had, or why they are not there. A test takes its peer from the variable and
//! is skipped without it; a new peer is a new line here.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;

use tokio::process::Command;

use crate::workspace;

/// A program that some tests need.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its name in the list of skips and in `REQUIRE_REAL`.
    pub(crate) name: &'static str,
    /// Names the program to the tests; whoever sets it chooses another one.
    pub(crate) variable: &'static str,
    /// The program to look for on the PATH.
    pub(crate) program: &'static str,
    /// Where it is once `install` has run, from the workspace's root.
    pub(crate) installed: &'static str,
    /// What it is asked, to see that it is fit: it must end well.
    pub(crate) probe: &'static [&'static str],
    /// How it is had where it is not, from the workspace's root. Versions are pinned.
    pub(crate) install: &'static [&'static [&'static str]],
}

/// All peers.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "python-grpcio",
        variable: "THROUGHLINE_PYTHON",
        program: "python3",
        installed: "target/xtask/python/bin/python",
        probe: &[
            "-c",
            "import grpc_reflection, grpc_status, grpc_tools, google.protobuf.message_factory, sentry_sdk",
        ],
        install: &[
            &["python3", "-m", "venv", "target/xtask/python"],
            &[
                "target/xtask/python/bin/pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
                "interop/python/requirements.txt",
            ],
        ],
    },
    Peer {
        // Carries the schemas of compose files and of GitLab's pipelines.
        name: "check-jsonschema",
        variable: "THROUGHLINE_CHECK_JSONSCHEMA",
        program: "check-jsonschema",
        installed: "target/xtask/schemas/bin/check-jsonschema",
        probe: &["--version"],
        install: &[
            &["python3", "-m", "venv", "target/xtask/schemas"],
            &[
                "target/xtask/schemas/bin/pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "check-jsonschema==0.39.0",
            ],
        ],
    },
    Peer {
        name: "grpcurl",
        variable: "THROUGHLINE_GRPCURL",
        program: "grpcurl",
        installed: "target/xtask/go/grpcurl",
        probe: &["-version"],
        install: &[&[
            "sh",
            "-c",
            "GOBIN=$PWD/target/xtask/go exec go \"$@\"",
            "go",
            "install",
            "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4",
        ]],
    },
    Peer {
        // The same as lints the protocol.
        name: "buf",
        variable: "THROUGHLINE_BUF",
        program: "buf",
        installed: "target/xtask/node/node_modules/.bin/buf",
        probe: &["--version"],
        install: &[&[
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--prefix",
            "target/xtask/node",
            super::buf::PACKAGE,
        ]],
    },
    Peer {
        name: "sentry-node",
        variable: "THROUGHLINE_SENTRY_NODE",
        program: "throughline-sentry-node",
        installed: "interop/node/spans.mjs",
        probe: &["--probe"],
        install: &[&[
            "npm",
            "ci",
            "--no-audit",
            "--no-fund",
            "--prefix",
            "interop/node",
        ]],
    },
];

/// The program of a peer, installed if need be, or why it cannot be had.
pub(crate) async fn find(peer: &Peer) -> Result<OsString, String> {
    if let Some(chosen) = std::env::var_os(peer.variable) {
        let fit = is_fit(peer, &chosen).await;
        return fit.map(|()| chosen);
    }
    if is_fit(peer, peer.program.as_ref()).await.is_ok() {
        return Ok(peer.program.into());
    }
    let installed = workspace::root().join(peer.installed);
    if is_fit(peer, installed.as_ref()).await.is_err() {
        install(peer).await?;
        is_fit(peer, installed.as_ref()).await?;
    }
    Ok(installed.into())
}

async fn is_fit(peer: &Peer, program: &OsStr) -> Result<(), String> {
    let mut probe = Command::new(program);
    ended_well(probe.args(peer.probe))
        .await
        .map_err(|why| format!("{why}; {} names another one", peer.variable))
}

async fn install(peer: &Peer) -> Result<(), String> {
    println!("installing {}", peer.name);
    for step in peer.install {
        let (program, arguments) = step.split_first().ok_or("a step names a program")?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir(workspace::root());
        ended_well(&mut command).await?;
    }
    Ok(())
}

/// Runs a command in silence.
async fn ended_well(command: &mut Command) -> Result<(), String> {
    let program = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let first = command.as_std().get_args().next().unwrap_or_default();
    let shown = format!("{program} {}", first.to_string_lossy());
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("`{shown} …` fails")),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(program: &'static str, probe: &'static [&'static str]) -> Peer {
        Peer {
            name: "x",
            variable: "XTASK_NO_SUCH_VARIABLE",
            program,
            installed: "no/such/program",
            probe,
            install: &[&["sh", "-c", "exit 4"]],
        }
    }

    #[tokio::test]
    async fn a_peer_is_there_and_fit_or_it_is_said_why_not() {
        let found = find(&peer("sh", &["-c", "exit 0"])).await;
        assert_eq!(found, Ok("sh".into()));
        let unfit = is_fit(&peer("sh", &["-c", "exit 3"]), "sh".as_ref()).await;
        assert!(
            unfit.as_ref().is_err_and(|why| why.contains("fails")),
            "{unfit:?}"
        );
        let missing = is_fit(&peer("none", &[]), "no-such-program".as_ref()).await;
        assert!(missing.is_err_and(|why| why.contains("XTASK_NO_SUCH_VARIABLE")));
        let uninstallable = find(&peer("no-such-program", &[])).await;
        assert!(uninstallable.is_err_and(|why| why.contains("`sh -c …` fails")));
    }
}
