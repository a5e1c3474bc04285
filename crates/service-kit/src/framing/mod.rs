//! What a call must look like to be gRPC, held before a service sees it: POST, a content type that is spoken here,
//! messages within their bound both ways, one message where a method takes one, and no trailers.
//!
//! tonic alone answers an over-long message with OUT_OF_RANGE, takes a second message for a unary call, calls a missing
//! one INTERNAL, decodes `image/jpeg`, and lets trailers of a request into its metadata, behind the back of whoever
//! checked that. It knows no service's methods but by descriptors.

mod answer;
mod body;
mod departing;
mod methods;
mod reader;
mod service;

pub use answer::{AnswerBody, AnswerFuture, AnswerLayer, AnswerService};
pub use body::FramedBody;
pub use departing::{SizedClient, SizedFuture};
pub use methods::SingleRequest;
pub use reader::{FrameReader, Messages, Violation};
pub use service::{Answer, FramingFuture, FramingLayer, FramingService};
