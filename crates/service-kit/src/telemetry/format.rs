//! The lines of the log: each with the trace and span it was written in. It knows no layers.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::registry::LookupSpan;

use super::{ActiveSpan, LogFormat};

/// Writes a line of the log.
pub(super) struct Format {
    form: LogFormat,
    service: &'static str,
}

impl Format {
    pub(super) fn new(form: LogFormat, service: &'static str) -> Self {
        Self { form, service }
    }

    fn json(&self, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Map::new();
        line.insert("timestamp".into(), time.into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("service".into(), self.service.into());
        if let Some(active) = ActiveSpan::current() {
            line.insert("trace_id".into(), active.trace_id.into());
            line.insert("span_id".into(), active.span_id.into());
        }
        line.insert("target".into(), event.metadata().target().into());
        event.record(&mut Fields(&mut line));
        writeln!(writer, "{}", Value::Object(line))
    }
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if self.form == LogFormat::Json {
            return self.json(writer, event);
        }
        let mut line = String::new();
        tracing_subscriber::fmt::format()
            .with_ansi(writer.has_ansi_escapes())
            .compact()
            .format_event(context, Writer::new(&mut line), event)?;
        write!(writer, "{}", line.trim_end())?;
        if let Some(active) = ActiveSpan::current() {
            write!(
                writer,
                " trace_id={} span_id={}",
                active.trace_id, active.span_id
            )?;
        }
        writeln!(writer)
    }
}

/// Collects the fields of an event into the line.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        // The line's own keys win: nobody forges a trace id by a field.
        self.0.entry(field.name()).or_insert(value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}
