//! Between the suite's messages and gRPC: headers, errors, and what was seen of a request. Pure.

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use prost_types::Any;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::v1::conformance_payload::RequestInfo;
use crate::v1::{ConformancePayload, Error, Header};

const TYPE: &str = "type.googleapis.com/connectrpc.conformance.v1.";

/// Wraps a message of the suite; `name` is its short name.
pub(crate) fn any(name: &str, message: &impl Message) -> Any {
    Any {
        type_url: format!("{TYPE}{name}"),
        value: message.encode_to_vec(),
    }
}

/// What was seen of a call: its headers, its timeout and these requests.
pub(crate) fn seen(metadata: &MetadataMap, requests: Vec<Any>) -> RequestInfo {
    let headers = metadata.as_ref();
    RequestInfo {
        request_headers: headers
            .keys()
            .map(|name| Header {
                name: name.as_str().to_owned(),
                value: headers
                    .get_all(name)
                    .iter()
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                    .collect(),
            })
            .collect(),
        timeout_ms: headers
            .get("grpc-timeout")
            .and_then(|value| timeout_ms(value.to_str().ok()?))
            .filter(|timeout| !is_supplied(*timeout)),
        requests,
    }
}

/// A payload of `data` and what was seen.
pub(crate) fn payload(data: Vec<u8>, seen: Option<RequestInfo>) -> ConformancePayload {
    ConformancePayload {
        data,
        request_info: seen,
    }
}

/// Headers as the suite spells them, for the wire.
pub(crate) fn header_map(headers: &[Header]) -> Result<HeaderMap, Status> {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = HeaderName::try_from(&header.name).map_err(unfit)?;
        for value in &header.value {
            map.append(&name, HeaderValue::try_from(value).map_err(unfit)?);
        }
    }
    Ok(map)
}

fn unfit(error: impl Into<http::Error>) -> Status {
    Status::invalid_argument(format!("not a header: {}", error.into()))
}

/// The status that `error` asks for; what was seen comes last among its details.
pub(crate) fn status(error: &Error, seen: Option<RequestInfo>) -> Status {
    let mut details = error.details.clone();
    details.extend(seen.map(|seen| any("ConformancePayload.RequestInfo", &seen)));
    let rich = RpcStatus {
        code: error.code,
        message: error.message().to_owned(),
        details,
    };
    Status::with_details(
        Code::from_i32(error.code),
        error.message(),
        rich.encode_to_vec().into(),
    )
}

/// `google.rpc.Status`, whose bytes are the value of `grpc-status-details-bin`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// Whether a timeout is one that the gateway supplied: it gives a minute to a unary call that asks for none, and
/// an hour to a stream. The suite knows of no edge that does so, and asks for none of that length itself.
fn is_supplied(timeout_ms: i64) -> bool {
    const SPENT: i64 = 10_000;
    [60_000, 3_600_000]
        .iter()
        .any(|supplied| (supplied - SPENT..=*supplied).contains(&timeout_ms))
}

/// The milliseconds of a `grpc-timeout`.
fn timeout_ms(text: &str) -> Option<i64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = digits.parse().ok()?;
    Some(match unit {
        "H" => number * 3_600_000,
        "M" => number * 60_000,
        "S" => number * 1_000,
        "m" => number,
        "u" => number / 1_000,
        "n" => number / 1_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        for (text, expected) in [
            ("2S", Some(2_000)),
            ("1999m", Some(1_999)),
            ("1M", Some(60_000)),
            ("1H", Some(3_600_000)),
            ("1500u", Some(1)),
            ("2000000n", Some(2)),
            ("", None),
            ("2", None),
            ("S", None),
            ("2é", None),
        ] {
            assert_eq!(timeout_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn a_header_may_have_several_values() {
        let header = Header {
            name: "X-A".to_owned(),
            value: vec!["1".to_owned(), "2".to_owned()],
        };
        let map = header_map(&[header]).unwrap();
        assert_eq!(map.get_all("x-a").iter().count(), 2);
        let seen = seen(&MetadataMap::from_headers(map), Vec::new());
        assert_eq!(seen.request_headers[0].value, ["1", "2"]);
    }
}
