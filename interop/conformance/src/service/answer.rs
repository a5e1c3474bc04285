//! Answers whose content is known before the first of them: to one request, or to all that came.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use super::Answers;
use crate::echo::{header_map, payload, status};
use crate::trailers::Trailers;
use crate::v1::conformance_payload::RequestInfo;
use crate::v1::unary_response_definition::Response as Wanted;
use crate::v1::{ConformancePayload, Header, StreamResponseDefinition, UnaryResponseDefinition};

/// The one answer that `definition` asks for, after its delay.
pub(super) async fn unary_answer<T>(
    definition: Option<UnaryResponseDefinition>,
    seen: RequestInfo,
    wrap: impl Fn(ConformancePayload) -> T,
) -> Result<Response<T>, Status> {
    let definition = definition.unwrap_or_default();
    tokio::time::sleep(delay(definition.response_delay_ms)).await;
    match definition.response {
        Some(Wanted::Error(error)) => {
            // Headers and trailers are one where there is nothing between them.
            let mut metadata = header_map(&definition.response_headers)?;
            metadata.extend(header_map(&definition.response_trailers)?);
            let mut status = status(&error, Some(seen));
            *status.metadata_mut() = MetadataMap::from_headers(metadata);
            Err(status)
        }
        data => {
            let data = match data {
                Some(Wanted::ResponseData(data)) => data,
                _ => Vec::new(),
            };
            response(
                wrap(payload(data, Some(seen))),
                &definition.response_headers,
                &definition.response_trailers,
            )
        }
    }
}

/// The answers that `definition` asks for, each after its delay. What was seen goes with the first of them, or with
/// the error if there is none.
pub(super) fn stream_answers<T: Send + 'static>(
    definition: Option<StreamResponseDefinition>,
    seen: RequestInfo,
    wrap: fn(ConformancePayload) -> T,
) -> Result<Response<Answers<T>>, Status> {
    let definition = definition.unwrap_or_default();
    let mut seen = Some(seen);
    let mut answers: Vec<Result<T, Status>> = definition
        .response_data
        .into_iter()
        .map(|data| Ok(wrap(payload(data, seen.take()))))
        .collect();
    answers.extend(
        definition
            .error
            .map(|error| Err(status(&error, seen.take()))),
    );
    let delay = delay(definition.response_delay_ms);
    let answers = stream::iter(answers).then(move |answer| async move {
        if answer.is_ok() {
            tokio::time::sleep(delay).await;
        }
        answer
    });
    response(
        Box::pin(answers) as Answers<T>,
        &definition.response_headers,
        &definition.response_trailers,
    )
}

/// A response with these headers and trailers.
pub(super) fn response<T>(
    content: T,
    headers: &[Header],
    trailers: &[Header],
) -> Result<Response<T>, Status> {
    let mut response = Response::new(content);
    *response.metadata_mut() = MetadataMap::from_headers(header_map(headers)?);
    response
        .extensions_mut()
        .insert(Trailers(header_map(trailers)?));
    Ok(response)
}

pub(super) fn delay(milliseconds: u32) -> Duration {
    Duration::from_millis(milliseconds.into())
}
