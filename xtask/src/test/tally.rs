//! What passed, failed and was skipped. Pure.

use std::fmt::Write as _;

/// Counts, and the names of what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
    figures: Vec<String>,
    skips: Vec<(String, String)>,
}

impl Tally {
    /// A step of its own passed or failed.
    pub(crate) fn step(&mut self, name: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.fail(name);
        }
    }

    /// Something that is no test of its own failed.
    pub(crate) fn fail(&mut self, name: &str) {
        self.failed += 1;
        self.failures.push(name.to_owned());
    }

    /// Something could not be had.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        self.skips.push((name.to_owned(), why.to_owned()));
    }

    /// Takes in what a test said of itself: `NAME TEST`, of which the first could not be had. The runner counts it among
    /// those that passed.
    pub(crate) fn skipped_test(&mut self, line: &str) {
        let (name, test) = line.split_once(' ').unwrap_or((line, ""));
        self.passed = self.passed.saturating_sub(1);
        self.skip(name, test);
    }

    /// Takes in a line of the test runner's output.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some([passed, failed, ignored]) = counts(line) {
            self.passed += passed;
            self.failed += failed;
            self.ignored += ignored;
        } else if let Some(name) = failed_test(line) {
            self.failures.push(name.to_owned());
        } else if let Some(figure) = line.strip_prefix("figure: ") {
            self.figure(figure);
        }
    }

    /// Something was counted that is worth to be seen at the end.
    pub(crate) fn figure(&mut self, figure: &str) {
        self.figures.push(figure.to_owned());
    }

    /// How many failed so far.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    /// Makes a failure of each skip that `required` names.
    pub(crate) fn require(&mut self, required: &str) {
        let required: Vec<_> = required
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let (missing, skips): (Vec<_>, Vec<_>) = std::mem::take(&mut self.skips)
            .into_iter()
            .partition(|(name, _)| required.contains(&name.as_str()));
        self.skips = skips;
        for (name, why) in missing {
            self.fail(&format!("{name}, which is required: {why}"));
        }
    }

    /// Whether nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// The last lines: what failed, what was skipped, and the count.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::from("\n");
        for figure in &self.figures {
            let _ = writeln!(text, "{figure}");
        }
        for name in &self.failures {
            let _ = writeln!(text, "failed: {name}");
        }
        for (name, why) in &self.skips {
            let _ = writeln!(text, "skipped: {name} ({why})");
        }
        let skipped = self.ignored + self.skips.len() as u64;
        let _ = writeln!(
            text,
            "{} passed, {} failed, {skipped} skipped",
            self.passed, self.failed
        );
        text
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn counts(line: &str) -> Option<[u64; 3]> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = counts.split("; ");
    let mut next = |what: &str| parts.next()?.strip_suffix(what)?.trim().parse().ok();
    Some([next("passed")?, next("failed")?, next("ignored")?])
}

/// `test module::name ... FAILED`
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_lines_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "figure: 3 traces",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.line(line);
        }
        tally.step("fmt", true);
        tally.skip("grpcurl", "not on the PATH");
        let expected = "\n3 traces\nfailed: a::c\nskipped: grpcurl (not on the PATH)\n8 passed, 1 failed, 3 skipped\n";
        assert_eq!(tally.summary(), expected);
        assert!(!tally.is_good());
    }

    #[test]
    fn a_test_that_says_so_was_skipped() {
        let mut tally = Tally {
            passed: 2,
            ..Tally::default()
        };
        tally.skipped_test("dgraph a_query");
        let expected = "\nskipped: dgraph (a_query)\n1 passed, 0 failed, 1 skipped\n";
        assert_eq!(tally.summary(), expected);
        tally.require("dgraph");
        assert!(!tally.is_good());
    }

    #[test]
    fn what_is_required_must_not_be_skipped() {
        let mut tally = Tally::default();
        tally.skip("grpcurl", "not on the PATH");
        tally.skip("buf", "no npm");
        tally.require("");
        assert!(tally.is_good());
        tally.require(" grpcurl,rabbitmq");
        let expected = "\nfailed: grpcurl, which is required: not on the PATH\nskipped: buf (no npm)\n0 passed, 1 failed, 1 skipped\n";
        assert_eq!(tally.summary(), expected);
    }
}
