//! `cargo xtask test`: everything that says whether this workspace is sound,
//! the tests last. What could not be had is listed by name.

mod buf;
mod conformance;
mod dgraph_tonic;
mod go;
mod h2spec;
pub(crate) mod peers;
mod site;
pub(crate) mod soak;
pub(crate) mod steps;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::process::Command;

use self::tally::Tally;

/// Options of `test`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only the tests whose names hold this, or one of the suites `conformance`, `h2spec`, `site`, `dgraph-tonic` and `continuity`; skips the other checks
    filter: Option<String>,
}

/// The matrix of hops and faults, printed.
const CONTINUITY: &str = "continuity";

/// The suites of others, which are no tests of cargo's.
const SUITES: [&str; 4] = ["conformance", "h2spec", "site", "dgraph-tonic"];

impl Options {
    /// Whether the suite is to be run.
    fn wants(&self, suite: &str) -> bool {
        self.filter.as_deref().is_none_or(|filter| filter == suite)
    }

    /// Whether it is one suite alone that is to be run.
    fn is_suite(&self) -> bool {
        self.filter
            .as_deref()
            .is_some_and(|filter| SUITES.contains(&filter))
    }
}

/// The variable that turns skips into failures: names with commas between.
const REQUIRE_REAL: &str = "REQUIRE_REAL";

/// The variable that names the file in which tests say what they were skipped for, each in a line.
const SKIPPED: &str = "THROUGHLINE_SKIPPED";

/// The variable that tells the tests where the binaries are.
const BIN_DIR: &str = "THROUGHLINE_BIN_DIR";

/// Runs all steps; the last line sums up.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::default();
    if options.filter.is_none() {
        for (name, command) in steps::checks() {
            tally.step(name, steps::run(name, command).await?);
        }
        match buf::lint().await? {
            buf::Outcome::Ran(passed) => tally.step("buf lint", passed),
            buf::Outcome::Skipped(why) => tally.skip("buf", &why),
        }
    }
    if options.wants("conformance") {
        conformance::run(&mut tally).await?;
    }
    if options.wants("h2spec") {
        h2spec::run(&mut tally).await?;
    }
    let mut rows = None;
    if options.wants("site") {
        rows = site::run(&mut tally).await?;
    }
    if options.wants("dgraph-tonic") {
        dgraph_tonic::run(&mut tally).await?;
    }
    if options.filter.as_deref() == Some(CONTINUITY) {
        // Among all the tests it is one of them.
        rows = site::continuity(&mut tally).await?;
        tests(steps::continuity(), rows, &mut tally).await?;
    } else if !options.is_suite() {
        tests(steps::tests(options.filter.as_deref()), rows, &mut tally).await?;
    }
    tally.require(&std::env::var(REQUIRE_REAL).unwrap_or_default());
    print!("{}", tally.summary());
    Ok(if tally.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The tests of the workspace, with the peers that can be had, and the rows that the site's tests have played.
async fn tests(mut tests: Command, rows: Option<PathBuf>, tally: &mut Tally) -> anyhow::Result<()> {
    tests.env_remove(site::CONTINUITY);
    if let Some(rows) = rows {
        tests.env(site::CONTINUITY, rows);
    }
    // Built once, and as `up` builds them, so that no test waits for a build.
    let binaries = crate::workspace::build().await?;
    if let Some(folder) = binaries.cli.parent() {
        tests.env(BIN_DIR, folder);
    }
    for peer in peers::PEERS {
        match peers::find(peer).await {
            Ok(program) => {
                tests.env(peer.variable, program);
            }
            Err(why) => tally.skip(peer.name, &why),
        }
    }
    run_tests(tests, tally).await
}

/// Runs tests, and takes in what they say they were skipped for.
async fn run_tests(mut tests: Command, tally: &mut Tally) -> anyhow::Result<()> {
    let skipped = std::env::temp_dir().join(format!("xtask-skipped-{}", std::process::id()));
    tests.env(SKIPPED, &skipped);
    let ran = steps::run_tests(tests, tally).await;
    let said = std::fs::read_to_string(&skipped).unwrap_or_default();
    // There is none where nobody had anything to say.
    let _ = std::fs::remove_file(&skipped);
    said.lines().for_each(|line| tally.skipped_test(line));
    ran
}
