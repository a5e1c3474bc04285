//! Decodes OTLP's `ExportTraceServiceRequest`, protobuf or JSON, into the records that
//! an envelope would have yielded. Knows no sender by name: who is noisy is for whoever
//! receives.
//!
//! A span's events are not kept, but for exceptions: some senders write whole queries,
//! with their data, into them (Dgraph does). How many were left out stands on the span.

mod exception;
mod span;
mod value;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;

use crate::json::clip;
use crate::{Decoded, Limits, Problem, Reason, Record, Source, service};

/// The form of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpForm {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

/// The item type under which spans of OTLP are counted.
const ITEM: &str = "otlp_span";

/// Decodes the plain bytes of a request.
///
/// # Errors
/// If the body as a whole cannot be read; what is wrong with one span is a problem
/// beside the others.
pub fn decode_otlp(
    bytes: &[u8],
    form: OtlpForm,
    source: &Source,
    limits: &Limits,
) -> Result<Decoded, Problem> {
    let whole = |reason, detail| Problem {
        reason,
        item_type: ITEM.to_owned(),
        detail,
    };
    if bytes.len() > limits.envelope_bytes {
        let detail = format!("{} bytes", bytes.len());
        return Err(whole(Reason::EnvelopeTooLarge, detail));
    }
    let request = match form {
        OtlpForm::Protobuf => ExportTraceServiceRequest::decode(bytes)
            .map_err(|error| whole(Reason::Protobuf, error.to_string()))?,
        OtlpForm::Json => {
            serde_json::from_slice(bytes).map_err(|error| whole(Reason::Json, error.to_string()))?
        }
    };
    Ok(from_otlp(request.resource_spans, source, limits))
}

/// As [`decode_otlp`], of messages that are decoded already.
#[must_use]
pub fn from_otlp(resources: Vec<ResourceSpans>, source: &Source, limits: &Limits) -> Decoded {
    let mut decoded = Decoded::default();
    let mut left = limits.entries;
    for resource in resources {
        let service = service_of(&resource, source, limits);
        for span in resource
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
        {
            *decoded.items.entry(ITEM.to_owned()).or_default() += 1;
            let outcome = if left == 0 {
                Err((
                    Reason::TooManyEntries,
                    format!("more than {}", limits.entries),
                ))
            } else {
                left -= 1;
                span::read(&span, &service, limits)
            };
            match outcome {
                Ok(read) => {
                    let events = exception::read_all(&span, &read, limits);
                    decoded.records.push(Record::Span(read));
                    decoded
                        .records
                        .extend(events.into_iter().map(Record::Event));
                }
                Err((reason, detail)) if decoded.problems.len() < limits.problems => {
                    decoded.problems.push(Problem {
                        reason,
                        item_type: ITEM.to_owned(),
                        detail,
                    });
                }
                Err(_) => {}
            }
        }
    }
    decoded
}

fn service_of(resource: &ResourceSpans, source: &Source, limits: &Limits) -> String {
    let attributes = resource
        .resource
        .as_ref()
        .map_or(&[][..], |resource| &resource.attributes);
    let name = value::text(attributes, "service.name");
    name.map_or_else(
        || service::of_source(source, None),
        |name| clip(name, limits),
    )
}
