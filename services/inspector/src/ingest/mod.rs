//! `POST /api/{project}/envelope/`, as unmodified Sentry clients use it, from any page.
//! 200 means committed. Knows framing and encodings; what items mean stands in
//! `trace-model`.

mod auth;
pub(crate) mod body;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::{HeaderName, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use throughline_service_kit::spawn_blocking;
use throughline_trace_model::{Decoded, Source, decode_body, decode_envelope};
use throughline_trace_store::Arrival;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::app::{App, now};
use body::Refusal;

/// Where Sentry's servers say why.
const X_SENTRY_ERROR: HeaderName = HeaderName::from_static("x-sentry-error");

pub(crate) fn router(app: App) -> Router {
    let limits = HeaderName::from_static("x-sentry-rate-limits");
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([X_SENTRY_ERROR, limits, RETRY_AFTER])
        .max_age(Duration::from_secs(3600));
    Router::new()
        .route("/api/{project}/envelope", post(envelope))
        .route("/api/{project}/envelope/", post(envelope))
        .layer(cors)
        .with_state(app)
}

async fn envelope(
    State(app): State<App>,
    Path(project): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let key = auth::key(&headers, query.as_deref());
    let source = Source {
        project: project.clone(),
        key,
        received: now(),
    };
    let outcome = match body::read(&headers, body, &app.limits).await {
        // A closed semaphore does not occur: it lives as long as the app.
        Ok(read) => {
            let permit = app.pending.clone().acquire_owned().await;
            let decoded = decode(read, source.clone(), app.limits.envelope_bytes).await;
            Ok((decoded, permit))
        }
        Err(refusal) => Err(refusal),
    };
    let (decoded, permit) = match outcome {
        Ok((Ok(decoded), permit)) => (decoded, Some(permit)),
        Ok((Err(refusal), _)) | Err(refusal) => return refuse(&app, source, refusal).await,
    };
    let id = decoded.event_id.clone();
    let unreadable = unreadable(&decoded);
    let arrival = Arrival {
        decoded,
        project,
        received: source.received,
        ..Arrival::default()
    };
    let stored = app.append(arrival).await;
    drop(permit);
    match (stored, unreadable) {
        (Err(error), _) => {
            tracing::warn!(%error, "an envelope was not stored");
            let why = error.to_string();
            (StatusCode::SERVICE_UNAVAILABLE, [(X_SENTRY_ERROR, why)]).into_response()
        }
        (Ok(()), Some(why)) => (StatusCode::BAD_REQUEST, [(X_SENTRY_ERROR, why)]).into_response(),
        (Ok(()), None) => {
            let id = id.map(|id| format!("\"id\":\"{id}\"")).unwrap_or_default();
            let json = (http::header::CONTENT_TYPE, "application/json");
            ([json], format!("{{{id}}}")).into_response()
        }
    }
}

async fn decode(read: body::Read, source: Source, max: usize) -> Result<Decoded, Refusal> {
    let work = move || {
        let limits = throughline_trace_model::Limits {
            envelope_bytes: max,
            ..throughline_trace_model::Limits::default()
        };
        let plain = decode_body(&read.bytes, read.encoding, max)?;
        Ok(decode_envelope(&plain, &source, &limits))
    };
    spawn_blocking(work).await.unwrap_or(Err(Refusal::Broken))
}

/// Why nothing at all could be read, if so. What could be is kept, and answered 200.
fn unreadable(decoded: &Decoded) -> Option<&'static str> {
    let nothing = decoded.records.is_empty() && decoded.raw.is_empty();
    let problem = decoded.problems.first().filter(|_| nothing)?;
    Some(problem.reason.name())
}

/// Counts what could not be read and says so.
async fn refuse(app: &App, source: Source, refusal: Refusal) -> Response {
    let reason = refusal.reason();
    let arrival = Arrival {
        project: source.project,
        received: source.received,
        refused: Some(reason),
        ..Arrival::default()
    };
    if let Err(error) = app.append(arrival).await {
        tracing::warn!(%error, "a refusal was not counted");
    }
    (refusal.status(), [(X_SENTRY_ERROR, reason)]).into_response()
}
