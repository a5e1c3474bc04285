//! `trace assert`: a trace held against expectations, for people and for CI.
//!
//! The inspector judges; this makes sure that its answer is one: what was asked
//! for and not answered cannot be judged, and never holds.

use std::fmt::Write as _;

use anyhow::Context as _;
use throughline_api::inspector::v1::{
    CheckResult, CheckTraceRequest, CheckTraceResponse, Expectations, Verdict,
};

use super::inspector::{self, Inspector};
use super::{diagnoses, junit};
use crate::exit::Exit;
use crate::options::AssertOptions;
use crate::output::Output;
use crate::render::palette::paint;
use crate::render::text::clean;
use crate::render::{Canvas, Palette};

pub(crate) async fn run(
    mut inspector: Inspector,
    options: AssertOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let expectations = expectations(&options);
    let trace = match &options.trace {
        Some(id) => inspector::by_id(id),
        None => inspector::latest(),
    };
    let request = CheckTraceRequest {
        trace: Some(trace),
        expectations: Some(expectations.clone()),
        wait: None,
    };
    let judged = match inspector.check(request, options.wait).await {
        Ok(answer) => Judged::of(answer, &expectations),
        Err(failed) if is_wrong_use(failed.code()) => {
            output.say(&format!("error: {failed}"));
            return Ok(Exit::Usage);
        }
        Err(failed) => Judged::unreachable(failed.to_string()),
    };
    if let Some(file) = &options.junit {
        let report = junit::report(&judged)?;
        std::fs::write(file, report)
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    output.print(&judged.draw(output.canvas()))?;
    Ok(judged.exit())
}

fn is_wrong_use(code: tonic::Code) -> bool {
    code == tonic::Code::InvalidArgument
}

/// What was asked for; asked for nothing, a trace must at least be whole.
fn expectations(options: &AssertOptions) -> Expectations {
    let nothing = options.services.is_empty()
        && !options.no_orphans
        && !options.one_root
        && options.errors.is_none()
        && !options.same_baggage;
    Expectations {
        services: options.services.clone(),
        no_orphans: options.no_orphans || nothing,
        one_root: options.one_root || nothing,
        errors: options.errors,
        same_baggage: options.same_baggage,
    }
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The trace, if any of it arrived.
    pub(crate) trace_id: Option<String>,
    /// All together.
    pub(crate) verdict: Verdict,
    /// One for each expectation, and further breaks.
    pub(crate) results: Vec<CheckResult>,
    diagnoses: Vec<throughline_api::inspector::v1::Diagnosis>,
}

impl Judged {
    fn of(answer: CheckTraceResponse, asked: &Expectations) -> Self {
        let mut verdict = answer.verdict();
        let mut results = answer.results;
        if verdict != Verdict::Unknown {
            for check in unanswered(&results, asked) {
                results.push(CheckResult {
                    check: check.to_owned(),
                    verdict: Verdict::Unknown.into(),
                    service: String::new(),
                    message: "the inspector did not answer this; is it of this version?".to_owned(),
                });
            }
        }
        // All together is never better than the worst of its parts.
        for result in &results {
            verdict = worse(verdict, result.verdict());
        }
        if answer.trace.is_none() || verdict == Verdict::Unspecified {
            verdict = worse(verdict, Verdict::Unknown);
        }
        let (summary, diagnoses) = match answer.trace {
            Some(trace) => (trace.summary, trace.diagnoses),
            None => (None, Vec::new()),
        };
        Self {
            trace_id: summary.map(|s| s.trace_id),
            verdict,
            results,
            diagnoses,
        }
    }

    fn unreachable(message: String) -> Self {
        let result = CheckResult {
            check: "inspector".to_owned(),
            verdict: Verdict::Unknown.into(),
            service: String::new(),
            message,
        };
        Self {
            trace_id: None,
            verdict: Verdict::Unknown,
            results: vec![result],
            diagnoses: Vec::new(),
        }
    }

    fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Holds => Exit::Success,
            Verdict::Fails => Exit::Failure,
            Verdict::Unknown | Verdict::Unspecified => Exit::CannotJudge,
        }
    }

    fn draw(&self, canvas: &Canvas) -> String {
        let palette = canvas.palette;
        let trace = match &self.trace_id {
            Some(id) => format!("trace {}", clean(id)),
            None => "no trace".to_owned(),
        };
        let mut text = format!("{trace}: {}\n", word(self.verdict, palette));
        for result in &self.results {
            let hop = match clean(&result.service) {
                service if service.is_empty() => String::new(),
                service => format!(" [{service}]"),
            };
            let verdict = word(result.verdict(), palette);
            let check = clean(&result.check);
            let message = result
                .message
                .lines()
                .map(clean)
                .collect::<Vec<_>>()
                .join("\n    ");
            let _ = writeln!(text, "  {verdict}  {check}{hop}: {message}");
        }
        if self.verdict != Verdict::Holds && !self.diagnoses.is_empty() {
            text.push_str("why:\n");
            for diagnosis in &self.diagnoses {
                text.push_str(&diagnoses::one(diagnosis, palette));
            }
        }
        text
    }
}

/// The expectations that no result speaks of.
fn unanswered(results: &[CheckResult], asked: &Expectations) -> Vec<&'static str> {
    let checks = [
        ("services", !asked.services.is_empty()),
        ("no-orphans", asked.no_orphans),
        ("one-root", asked.one_root),
        ("errors", asked.errors.is_some()),
        ("same-baggage", asked.same_baggage),
    ];
    let answered = |check: &str| results.iter().any(|result| result.check == check);
    checks
        .into_iter()
        .filter(|(check, asked)| *asked && !answered(check))
        .map(|(check, _)| check)
        .collect()
}

/// A break outweighs what cannot be judged, which outweighs what holds.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    let weight = |verdict| match verdict {
        Verdict::Holds => 0,
        Verdict::Unspecified => 1,
        Verdict::Unknown => 2,
        Verdict::Fails => 3,
    };
    if weight(other) > weight(one) {
        other
    } else {
        one
    }
}

fn word(verdict: Verdict, palette: Palette) -> String {
    match verdict {
        Verdict::Holds => paint(palette.good(), "holds"),
        Verdict::Fails => paint(palette.bad(), "fails"),
        Verdict::Unknown | Verdict::Unspecified => paint(palette.doubtful(), "cannot be judged"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
