//! `trace list`: the traces that have arrived, the newest first.

use throughline_api::inspector::v1::{ListTracesRequest, TraceSummary};

use super::inspector::Inspector;
use super::timeline;
use crate::exit::Exit;
use crate::json;
use crate::options::ListOptions;
use crate::output::Output;
use crate::render::table::Table;
use crate::render::{Canvas, duration};

pub(crate) async fn run(
    mut inspector: Inspector,
    options: ListOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let request = ListTracesRequest {
        page_size: options.limit,
        page_token: options.page.unwrap_or_default(),
        service: options.service.unwrap_or_default(),
    };
    let answer = inspector.list(request).await?;
    if options.json {
        output.print(&json::pretty(
            "throughline.inspector.v1.ListTracesResponse",
            &answer,
        )?)?;
        return Ok(Exit::Success);
    }
    if answer.traces.is_empty() {
        output.say(&format!("no traces have arrived at {}", inspector.url()));
        return Ok(Exit::Success);
    }
    output.print(&draw(&answer.traces, output.canvas()))?;
    if !answer.next_page_token.is_empty() {
        output.say(&format!("more: --page {}", answer.next_page_token));
    }
    Ok(Exit::Success)
}

fn draw(traces: &[TraceSummary], canvas: &Canvas) -> String {
    let mut table = Table::new(&[
        "TRACE",
        "STARTED",
        ">DURATION",
        ">SPANS",
        ">ERRORS",
        "WHOLE",
        "SERVICES",
        "NAME",
    ]);
    for trace in traces {
        table.row(cells(trace));
    }
    table.draw(canvas)
}

fn cells(trace: &TraceSummary) -> [String; 8] {
    [
        trace.trace_id.clone(),
        started(trace),
        duration::human(timeline::nanos(trace.duration.as_ref())),
        trace.span_count.to_string(),
        trace.error_count.to_string(),
        match trace.orphan_count {
            0 => "yes".to_owned(),
            orphans => format!("no ({orphans})"),
        },
        trace.services.join(","),
        trace.name.clone(),
    ]
}

/// When a trace began, to the millisecond.
pub(crate) fn started(trace: &TraceSummary) -> String {
    let Some(mut at) = trace.start_time else {
        return "-".to_owned();
    };
    at.nanos -= at.nanos.rem_euclid(1_000_000);
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::super::rows::samples::{at, lasting};
    use super::*;

    #[test]
    fn a_trace_is_a_line() {
        let trace = TraceSummary {
            trace_id: "ab".repeat(16),
            name: "throughline graph path".into(),
            start_time: at(1_500),
            duration: lasting(42),
            services: vec!["throughline".into(), "graph".into()],
            span_count: 7,
            orphan_count: 1,
            ..Default::default()
        };
        let expected = "\
TRACE                             STARTED                   DURATION  SPANS  ERRORS  WHOLE   SERVICES           NAME
abababababababababababababababab  1970-01-01T00:00:01.500Z   42.0 ms      7       0  no (1)  throughline,graph  throughline graph path
";
        assert_eq!(draw(&[trace], &Canvas::PIPE), expected);
    }
}
