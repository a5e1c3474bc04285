//! Answers given while requests still come: one to each, then what is left of them.

use std::collections::VecDeque;

use futures_util::stream;
use prost_types::Any;
use tonic::metadata::MetadataMap;
use tonic::{Response, Status, Streaming};

use super::answer::{delay, response};
use super::{Answers, bidi};
use crate::echo::{any, payload, seen, status};
use crate::v1::conformance_payload::RequestInfo;
use crate::v1::{BidiStreamRequest, BidiStreamResponse, Error, StreamResponseDefinition};

/// A conversation under way.
struct Duplex {
    left: VecDeque<Vec<u8>>,
    error: Option<Error>,
    delay: std::time::Duration,
    /// The headers, until an answer has told what was seen.
    metadata: Option<MetadataMap>,
    /// What has come since the last answer.
    requests: Vec<Any>,
    messages: Streaming<BidiStreamRequest>,
    /// Whether more requests may come.
    open: bool,
}

/// Answers each request as it comes, the `first` of which came already.
pub(super) fn answers(
    definition: StreamResponseDefinition,
    metadata: MetadataMap,
    first: Vec<Any>,
    messages: Streaming<BidiStreamRequest>,
) -> Result<Response<Answers<BidiStreamResponse>>, Status> {
    let duplex = Duplex {
        left: definition.response_data.into(),
        error: definition.error,
        delay: delay(definition.response_delay_ms),
        metadata: Some(metadata),
        requests: first,
        messages,
        open: true,
    };
    let answers = stream::try_unfold(duplex, |mut duplex| async move {
        Ok(duplex.next().await?.map(|answer| (answer, duplex)))
    });
    response(
        Box::pin(answers) as Answers<BidiStreamResponse>,
        &definition.response_headers,
        &definition.response_trailers,
    )
}

impl Duplex {
    async fn next(&mut self) -> Result<Option<BidiStreamResponse>, Status> {
        let Some(data) = self.left.pop_front() else {
            let seen = self.metadata.is_some().then(|| self.seen());
            return match self.error.take() {
                Some(error) => Err(status(&error, seen)),
                None => Ok(None),
            };
        };
        if self.open && self.requests.is_empty() {
            match self.messages.message().await? {
                Some(message) => self.requests.push(any("BidiStreamRequest", &message)),
                None => self.open = false,
            }
        }
        let seen = (!self.requests.is_empty()).then(|| self.seen());
        tokio::time::sleep(self.delay).await;
        Ok(Some(bidi(payload(data, seen))))
    }

    /// What is to be told: the headers once, and each request once.
    fn seen(&mut self) -> RequestInfo {
        let requests = std::mem::take(&mut self.requests);
        match self.metadata.take() {
            Some(metadata) => seen(&metadata, requests),
            None => RequestInfo {
                requests,
                ..RequestInfo::default()
            },
        }
    }
}
