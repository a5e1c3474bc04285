//! `trace tail`: a line each time a trace has grown, until Ctrl-C.

use std::fmt::Write as _;

use throughline_api::inspector::v1::{TailTracesRequest, TraceSummary};
use tokio_stream::StreamExt as _;

use super::inspector::Inspector;
use super::list::started;
use super::timeline;
use crate::exit::Exit;
use crate::json;
use crate::options::TailOptions;
use crate::output::Output;
use crate::render::palette::paint;
use crate::render::text::{clean, plural};
use crate::render::{Palette, duration};

pub(crate) async fn run(
    mut inspector: Inspector,
    options: TailOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let request = TailTracesRequest {
        service: options.service.unwrap_or_default(),
    };
    let mut summaries = inspector.tail(request).await?;
    output.say(&format!(
        "waiting for traces at {}; Ctrl-C ends it",
        inspector.url()
    ));
    // One for all rounds: a signal between two of them must not be lost.
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let next = tokio::select! {
            next = summaries.next() => next,
            _ = &mut interrupt => return Ok(Exit::Success),
        };
        let Some(next) = next else {
            anyhow::bail!("the inspector at {} ended the stream", inspector.url());
        };
        let answer = next.map_err(|status| inspector.failed(status))?;
        let Some(summary) = answer.summary else {
            continue;
        };
        if options.json {
            output.print(&json::line(
                "throughline.inspector.v1.TraceSummary",
                &summary,
            )?)?;
        } else {
            output.print(&line(&summary, output.canvas().palette))?;
        }
    }
}

fn line(trace: &TraceSummary, palette: Palette) -> String {
    let mut line = format!(
        "{}  {}  {}  {}  {}",
        paint(palette.faint(), started(trace)),
        clean(&trace.trace_id),
        clean(&trace.name),
        duration::human(timeline::nanos(trace.duration.as_ref())),
        plural(trace.span_count, "span"),
    );
    for (index, service) in trace.services.iter().enumerate() {
        let joint = if index == 0 { "  " } else { " → " };
        let _ = write!(
            line,
            "{joint}{}",
            paint(palette.service(index), clean(service))
        );
    }
    if trace.error_count > 0 {
        let errors = plural(trace.error_count, "error");
        let _ = write!(line, "  {}", paint(palette.bad(), errors));
    }
    if trace.orphan_count > 0 {
        let orphans = plural(trace.orphan_count, "orphan");
        let _ = write!(line, "  {}", paint(palette.doubtful(), orphans));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::rows::samples::{at, lasting};
    use super::*;

    #[test]
    fn a_line_says_what_has_arrived() {
        let mut trace = TraceSummary {
            trace_id: "ab12".into(),
            name: "throughline graph get".into(),
            start_time: at(0),
            duration: lasting(3),
            services: vec!["throughline".into(), "gateway".into()],
            span_count: 2,
            ..Default::default()
        };
        let expected = "1970-01-01T00:00:00Z  ab12  throughline graph get  3.00 ms  2 spans  throughline → gateway";
        assert_eq!(line(&trace, Palette::plain()), expected);
        trace.error_count = 1;
        trace.orphan_count = 2;
        let expected = format!("{expected}  1 error  2 orphans");
        assert_eq!(line(&trace, Palette::plain()), expected);
    }
}
