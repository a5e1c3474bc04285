//! Reads a request's body within bounds of bytes and time.

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use throughline_trace_model::{BodyError, Encoding};

use crate::Limits;

/// A body as it came.
pub(crate) struct Read {
    pub(crate) bytes: Bytes,
    pub(crate) encoding: Encoding,
}

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    TooLarge,
    TooSlow,
    Broken,
    Encoding,
}

impl Refusal {
    /// A stable name, for the counter and the client.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::Broken => "body_broken",
            Self::Encoding => "body_encoding",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::Broken => Self::Broken,
        }
    }
}

/// Reads the body; its content type says nothing (clients send what avoids a preflight).
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<Read, Refusal> {
    let name = headers
        .get(CONTENT_ENCODING)
        .map_or(Ok(""), |value| value.to_str());
    let encoding = name
        .ok()
        .and_then(Encoding::from_name)
        .ok_or(Refusal::Encoding)?;
    let body = Limited::new(body, limits.body_bytes).collect();
    match tokio::time::timeout(limits.body_time, body).await {
        Ok(Ok(body)) => Ok(Read {
            bytes: body.to_bytes(),
            encoding,
        }),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
        Ok(Err(_)) => Err(Refusal::Broken),
        Err(_) => Err(Refusal::TooSlow),
    }
}
