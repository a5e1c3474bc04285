//! `POST /v1/traces` as the OTLP specification has it.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use throughline_service_kit::spawn_blocking;
use throughline_trace_model::{Decoded, OtlpForm, Source, decode_body, decode_otlp};

use super::Intake;
use crate::app::now;
use crate::ingest::body::{self, Refusal};

pub(super) async fn export(
    State(intake): State<Intake>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(form) = form(&headers) else {
        let why = "the content type is to be application/x-protobuf or application/json";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, why).into_response();
    };
    let source = Source {
        received: now(),
        ..Source::default()
    };
    let read = match body::read(&headers, body, &intake.app.limits).await {
        Ok(read) => read,
        Err(refusal) => return why(refusal).into_response(),
    };
    // A closed semaphore does not occur: it lives as long as the app.
    let permit = intake.app.pending.clone().acquire_owned().await;
    let decoded = decode(read, form, source.clone(), intake.app.limits.envelope_bytes).await;
    let decoded = match decoded {
        Ok(decoded) => decoded,
        Err(why) => return why.into_response(),
    };
    let stored = intake.accept(decoded, source).await;
    drop(permit);
    match stored {
        Ok(()) => answer(form),
        Err(error) => {
            tracing::warn!(%error, "spans were not stored");
            let why = error.to_string();
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], why).into_response()
        }
    }
}

fn form(headers: &HeaderMap) -> Option<OtlpForm> {
    let name = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match name.split(';').next()?.trim() {
        "application/x-protobuf" => Some(OtlpForm::Protobuf),
        "application/json" => Some(OtlpForm::Json),
        _ => None,
    }
}

async fn decode(
    read: body::Read,
    form: OtlpForm,
    source: Source,
    max: usize,
) -> Result<Decoded, Why> {
    let work = move || {
        let limits = throughline_trace_model::Limits {
            envelope_bytes: max,
            ..throughline_trace_model::Limits::default()
        };
        let plain = decode_body(&read.bytes, read.encoding, max)
            .map_err(|error| why(Refusal::from(error)))?;
        decode_otlp(&plain, form, &source, &limits)
            .map_err(|problem| (StatusCode::BAD_REQUEST, problem.detail))
    };
    let failed = |_| Err(why(Refusal::Broken));
    spawn_blocking(work).await.unwrap_or_else(failed)
}

/// Why a request is not taken, for its sender.
type Why = (StatusCode, String);

fn why(refusal: Refusal) -> Why {
    (refusal.status(), refusal.reason().to_owned())
}

/// An empty `ExportTraceServiceResponse`: all was taken.
fn answer(form: OtlpForm) -> Response {
    match form {
        OtlpForm::Protobuf => ([(CONTENT_TYPE, "application/x-protobuf")], "").into_response(),
        OtlpForm::Json => ([(CONTENT_TYPE, "application/json")], "{}").into_response(),
    }
}
