//! `ConformanceService`: each request says how it is to be answered.

mod answer;
mod duplex;

use std::pin::Pin;

use futures_util::Stream;
use futures_util::StreamExt as _;
use tonic::{Request, Response, Status, Streaming};

use self::answer::{stream_answers, unary_answer};
use crate::echo::{any, seen};
use crate::trailers::WithTrailers;
use crate::v1::conformance_service_server::{ConformanceService, ConformanceServiceServer};
use crate::v1::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ServerStreamRequest, ServerStreamResponse, UnaryRequest, UnaryResponse, UnimplementedRequest,
    UnimplementedResponse,
};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The service, which takes messages of up to `limit` bytes; 0 sets no limit.
pub(crate) fn server(limit: u32) -> WithTrailers<ConformanceServiceServer<Conformance>> {
    let server = ConformanceServiceServer::new(Conformance);
    let limit = match limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    let server = server.max_decoding_message_size(limit);
    #[cfg(feature = "gzip")]
    let server = server
        .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
        .send_compressed(tonic::codec::CompressionEncoding::Gzip);
    WithTrailers(server)
}

/// The suite's service.
#[derive(Debug)]
pub(crate) struct Conformance;

#[tonic::async_trait]
impl ConformanceService for Conformance {
    async fn unary(
        &self,
        request: Request<UnaryRequest>,
    ) -> Result<Response<UnaryResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        let seen = seen(&metadata, vec![any("UnaryRequest", &message)]);
        unary_answer(message.response_definition, seen, |payload| UnaryResponse {
            payload: Some(payload),
        })
        .await
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let (metadata, _, mut messages) = request.into_parts();
        let mut definition = None;
        let mut requests = Vec::new();
        while let Some(mut message) = messages.message().await? {
            let request = any("ClientStreamRequest", &message);
            if requests.is_empty() {
                definition = message.response_definition.take();
            }
            requests.push(request);
        }
        unary_answer(definition, seen(&metadata, requests), |payload| {
            ClientStreamResponse {
                payload: Some(payload),
            }
        })
        .await
    }

    type ServerStreamStream = Answers<ServerStreamResponse>;

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
    ) -> Result<Response<Self::ServerStreamStream>, Status> {
        let (metadata, _, message) = request.into_parts();
        let seen = seen(&metadata, vec![any("ServerStreamRequest", &message)]);
        stream_answers(message.response_definition, seen, |payload| {
            ServerStreamResponse {
                payload: Some(payload),
            }
        })
    }

    type BidiStreamStream = Answers<BidiStreamResponse>;

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
    ) -> Result<Response<Self::BidiStreamStream>, Status> {
        let (metadata, _, mut messages) = request.into_parts();
        let Some(first) = messages.message().await? else {
            return stream_answers(None, seen(&metadata, Vec::new()), bidi);
        };
        let mut requests = vec![any("BidiStreamRequest", &first)];
        if first.full_duplex {
            return duplex::answers(
                first.response_definition.unwrap_or_default(),
                metadata,
                requests,
                messages,
            );
        }
        while let Some(message) = messages.next().await {
            requests.push(any("BidiStreamRequest", &message?));
        }
        stream_answers(first.response_definition, seen(&metadata, requests), bidi)
    }

    async fn unimplemented(
        &self,
        _: Request<UnimplementedRequest>,
    ) -> Result<Response<UnimplementedResponse>, Status> {
        Err(Status::unimplemented("by the suite's wish"))
    }
}

fn bidi(payload: crate::v1::ConformancePayload) -> BidiStreamResponse {
    BidiStreamResponse {
        payload: Some(payload),
    }
}
