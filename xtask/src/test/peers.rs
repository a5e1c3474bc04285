//! Programs that are not ours, as callers in the tests: where they are, or why
//! they are not there. A test takes its peer from the variable and is skipped
//! without it; a new peer is a new line here.

use std::ffi::OsString;
use std::process::Stdio;

use tokio::process::Command;

/// A program that some tests need.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its name in the list of skips and in `REQUIRE_REAL`.
    pub(crate) name: &'static str,
    /// Names the program to the tests; whoever sets it chooses another one.
    pub(crate) variable: &'static str,
    /// The program to look for on the PATH.
    program: &'static str,
    /// What it is asked, to see that it is fit: it must end well.
    probe: &'static [&'static str],
}

/// All peers.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "python-grpcio",
        variable: "THROUGHLINE_PYTHON",
        program: "python3",
        probe: &["-c", "import grpc, google.protobuf"],
    },
    Peer {
        name: "grpcurl",
        variable: "THROUGHLINE_GRPCURL",
        program: "grpcurl",
        probe: &["-version"],
    },
];

/// The program of a peer, or why it cannot be had.
pub(crate) async fn find(peer: &Peer) -> Result<OsString, String> {
    let program = std::env::var_os(peer.variable).unwrap_or_else(|| peer.program.into());
    let shown = program.to_string_lossy().into_owned();
    let probed = Command::new(&program)
        .args(peer.probe)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    match probed {
        Ok(status) if status.success() => Ok(program),
        Ok(_) => Err(format!("`{shown} {}` fails", peer.probe.join(" "))),
        Err(error) => Err(format!("{shown}: {error}; {} names it", peer.variable)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_is_there_and_fit_or_it_is_said_why_not() {
        let peer = |program, probe| Peer {
            name: "x",
            variable: "XTASK_NO_SUCH_VARIABLE",
            program,
            probe,
        };
        assert_eq!(find(&peer("sh", &["-c", "exit 0"])).await, Ok("sh".into()));
        let unfit = find(&peer("sh", &["-c", "exit 3"])).await.unwrap_err();
        assert!(unfit.contains("fails"), "{unfit}");
        let missing = find(&peer("no-such-program", &[])).await.unwrap_err();
        assert!(missing.contains("XTASK_NO_SUCH_VARIABLE"), "{missing}");
    }
}
