//! h2spec, the conformance tests of HTTP/2, against the gateway and the graph
//! service.
//!
//! Some of its cases race: they send an offence after a request and do not expect
//! that the request may have been answered by then. So a case counts as failed
//! when it fails in each of some runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::go::Tool;
use super::tally::Tally;
use crate::up::child::Child;
use crate::up::plan::{Launch, Ready};
use crate::workspace;

const H2SPEC: Tool = Tool {
    name: "h2spec",
    package: "github.com/summerwind/h2spec/cmd/h2spec",
    version: "v2.2.1",
    pinned_by: Some("interop/h2spec"),
};

/// The cases that fail, each with its reason.
const KNOWN: &str = include_str!("../../../interop/h2spec/known-failing.txt");

/// How often a case has to fail.
const RUNS: usize = 5;

/// Tests both servers, or skips where there is no Go.
pub(crate) async fn run(tally: &mut Tally) -> anyhow::Result<()> {
    let h2spec = match H2SPEC.find().await {
        Ok(h2spec) => h2spec,
        Err(why) => {
            tally.skip(H2SPEC.name, &why);
            return Ok(());
        }
    };
    let folder = workspace::root().join("target/xtask/h2spec");
    std::fs::create_dir_all(&folder)?;
    for (service, package, listen) in [
        ("gateway", "throughline-gateway", "GATEWAY_LISTEN"),
        ("graph", "throughline-graph", "GRAPH_LISTEN"),
    ] {
        println!("\n== h2spec: {service}");
        let mut env = vec![(listen, "127.0.0.1:0".to_owned())];
        if service == "graph" {
            let store = folder.join("graph.db");
            env.push(("GRAPH_STORE", format!("sqlite:{}", store.display())));
        }
        let launch = Launch {
            folder: None,
            ready: Ready::Announced,
            service,
            program: workspace::binary(package, &[]).await?,
            args: Vec::new(),
            env,
        };
        let server = Child::start(launch, folder.join(format!("{service}.log"))).await?;
        let failing = failing(&h2spec, server.address().port(), &folder).await;
        server.stop().await;
        let wrong = compare(service, &failing?, KNOWN);
        for line in &wrong {
            println!("{line}");
        }
        tally.step(&format!("h2spec: {service}"), wrong.is_empty());
    }
    Ok(())
}

/// The cases that fail in each run.
async fn failing(h2spec: &Path, port: u16, folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let report: PathBuf = folder.join("report.xml");
    let mut failing: Option<BTreeSet<String>> = None;
    for _ in 0..RUNS {
        std::fs::remove_file(&report).ok();
        Command::new(h2spec)
            .args(["--port", &port.to_string(), "--timeout", "1", "--strict"])
            .arg("--junit-report")
            .arg(&report)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .status()
            .await
            .context("h2spec cannot be run")?;
        let text = std::fs::read_to_string(&report).context("h2spec wrote no report")?;
        let cases = read(&text);
        anyhow::ensure!(cases.count > 100, "h2spec ran {} cases", cases.count);
        println!("{} cases, {} failed", cases.count, cases.failed.len());
        failing = Some(match failing {
            None => cases.failed,
            Some(before) => before.intersection(&cases.failed).cloned().collect(),
        });
    }
    Ok(failing.unwrap_or_default())
}

/// What a report says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cases {
    count: usize,
    /// Section and title of each case that failed.
    failed: BTreeSet<String>,
}

/// Reads a report, line by line as h2spec writes it.
fn read(report: &str) -> Cases {
    let mut cases = Cases::default();
    let mut last = String::new();
    for line in report.lines() {
        if line.contains("<testcase ") {
            let attribute = |name: &str| {
                let (_, rest) = line.split_once(&format!(" {name}=\""))?;
                rest.split('"').next()
            };
            let section = attribute("package").unwrap_or_default();
            let title = attribute("classname").unwrap_or_default();
            last = format!("{section} {title}");
            cases.count += 1;
        }
        if line.contains("<failure") || line.contains("<error") {
            cases.failed.insert(last.clone());
        }
    }
    cases
}

/// What differs between what fails and what is known to.
fn compare(service: &str, failing: &BTreeSet<String>, known: &str) -> Vec<String> {
    let known: BTreeSet<String> = known
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix(service)?.strip_prefix(' '))
        .map(str::to_owned)
        .collect();
    let new = failing.difference(&known);
    let gone = known.difference(failing);
    new.map(|case| format!("fails: {case}"))
        .chain(gone.map(|case| format!("is known to fail, and passes: {case}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<testsuites>
  <testsuite name="3.5" package="http2/3.5" id="3.5" tests="2" skipped="0" failures="0" errors="1">
    <testcase package="http2/3.5" classname="Sends client connection preface" time="0.0006"></testcase>
    <testcase package="http2/3.5" classname="Sends invalid connection preface" time="0.0006">
      <error>Connection closed
Error: EOF</error>
    </testcase>
  </testsuite>
</testsuites>"#;

    #[test]
    fn a_report_is_read() {
        let cases = read(REPORT);
        assert_eq!(cases.count, 2);
        let failed = ["http2/3.5 Sends invalid connection preface".to_owned()];
        assert_eq!(cases.failed, BTreeSet::from(failed));
    }

    #[test]
    fn what_fails_must_be_known_and_what_is_known_must_fail() {
        let failing = read(REPORT).failed;
        let known = "# why\ngraph http2/3.5 Sends invalid connection preface\n";
        assert!(compare("graph", &failing, known).is_empty());
        assert_eq!(
            compare("graph", &failing, ""),
            ["fails: http2/3.5 Sends invalid connection preface"]
        );
        assert_eq!(
            compare("graph", &BTreeSet::new(), known),
            ["is known to fail, and passes: http2/3.5 Sends invalid connection preface"]
        );
        assert_eq!(compare("gateway", &failing, known).len(), 1);
    }
}
