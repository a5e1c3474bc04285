//! `cargo xtask soak`: the tests that take a count, with large ones, one part after the other. It says what it is at, and ends
//! with what was counted.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use super::site;
use super::tally::Tally;
use crate::workspace;

/// Options of `soak`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only the parts whose names hold this
    part: Option<String>,
}

/// Some tests and how many cases they take, where the variable does not say otherwise.
struct Part {
    name: &'static str,
    of: Of,
    tests: &'static [&'static str],
    variable: &'static str,
    cases: &'static str,
}

/// Who runs them.
enum Of {
    /// Cargo, with these arguments.
    Cargo([&'static str; 4]),
    /// The site's own runner, in a browser.
    Site,
}

const STORE: Of = Of::Cargo(["--package", "throughline-graph-store", "--test", "it"]);
const CHAIN: Of = Of::Cargo(["--package", "throughline-continuity", "--test", "it"]);
const GATEWAY: Of = Of::Cargo(["--package", "throughline-gateway", "--test", "it"]);

const PARTS: [Part; 10] = [
    Part {
        name: "statuses",
        of: CHAIN,
        tests: &["status_agrees::"],
        variable: "THROUGHLINE_CALLS",
        cases: "10000",
    },
    Part {
        name: "kills",
        of: CHAIN,
        tests: &["killed::"],
        variable: "THROUGHLINE_KILLS",
        cases: "50",
    },
    // Three zeros and three alphas of a real Dgraph.
    Part {
        name: "cluster",
        of: CHAIN,
        tests: &["cluster::"],
        variable: "THROUGHLINE_CLUSTER_KILLS",
        cases: "10",
    },
    Part {
        name: "traces",
        of: CHAIN,
        tests: &["whole_or_not::"],
        variable: "THROUGHLINE_TRACES",
        cases: "10000",
    },
    Part {
        name: "growth",
        of: CHAIN,
        tests: &["growth::"],
        variable: "THROUGHLINE_GROWTH",
        cases: "1000000",
    },
    Part {
        name: "imports",
        of: CHAIN,
        tests: &["import_resumed::"],
        variable: "THROUGHLINE_EDGES",
        cases: "1000000",
    },
    Part {
        name: "attacks",
        of: GATEWAY,
        tests: &["hostile::"],
        variable: "HOSTILE_SCALE",
        cases: "20",
    },
    // On a real Dgraph; skipped where there is none.
    Part {
        name: "dgraph",
        of: STORE,
        tests: &["dgraph::"],
        variable: "DGRAPH_CASES",
        cases: "1000",
    },
    Part {
        name: "neighbours",
        of: Of::Site,
        tests: &["tests/browser/explorer.test.ts", "-t", "bounded"],
        variable: "THROUGHLINE_NEIGHBOURS",
        cases: "50000",
    },
    // Of the whole workspace.
    Part {
        name: "properties",
        of: CHAIN,
        tests: &[],
        variable: "PROPTEST_CASES",
        cases: "10000",
    },
];

impl Part {
    async fn run(&self, cases: &str, tally: &mut Tally) -> anyhow::Result<()> {
        let of = match self.of {
            Of::Cargo(of) => of,
            Of::Site => return site::soak(self.tests, (self.variable, cases), tally).await,
        };
        let mut command = workspace::cargo();
        command.arg("test").env(self.variable, cases);
        if self.tests.is_empty() {
            command.args(["--workspace", "--no-fail-fast"]);
        } else {
            command.args(of).args(self.tests);
            // One after the other, and seen as they go.
            command.args(["--", "--nocapture", "--test-threads", "1"]);
        }
        super::tests(command, None, tally).await
    }
}

/// Runs the parts; the last lines are what they counted.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::default();
    let wanted = options.part.as_deref().unwrap_or_default();
    let parts: Vec<_> = PARTS
        .iter()
        .filter(|part| part.name.contains(wanted))
        .collect();
    if parts.is_empty() {
        tally.fail(&format!("no part is named {wanted:?}"));
    }
    for (number, part) in parts.iter().enumerate() {
        let cases = std::env::var(part.variable).unwrap_or_else(|_| part.cases.to_owned());
        let asked = format!("{}: {}={cases}", part.name, part.variable);
        println!("\n== part {} of {}, {asked}", number + 1, parts.len());
        let before = tally.failed();
        let began = Instant::now();
        part.run(&cases, &mut tally).await?;
        let outcome = match tally.failed() == before {
            true => "passed",
            false => "failed",
        };
        let seconds = began.elapsed().as_secs();
        tally.figure(&format!("{asked} {outcome} in {seconds} s"));
    }
    print!("{}", tally.summary());
    Ok(if tally.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
