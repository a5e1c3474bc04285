//! Every field of every request out of its bounds is refused by its name. The fields are those of the descriptors: a new
//! one has to get a case here, or a reason why any value will do.

mod cases;

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _};
use serde_json::{Value, json};
use throughline_api::FILE_DESCRIPTOR_SET;
use throughline_api::graph::v1::ImportGraphRequest;
use tonic::Code;

use self::cases::{Case, FREE, reads, schemas, writes};
use crate::errors::{is, shown};
use crate::harness::{Client, Service};

const PACKAGE: &str = "throughline.graph.v1";

fn pool() -> DescriptorPool {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap()
}

/// Each call with each field that its request may hold.
fn fields() -> BTreeSet<(String, String)> {
    let pool = pool();
    let service = pool
        .get_service_by_name(&format!("{PACKAGE}.GraphService"))
        .unwrap();
    let mut found = BTreeSet::new();
    for method in service.methods() {
        let (mut left, mut seen) = (vec![method.input()], BTreeSet::new());
        while let Some(message) = left.pop() {
            if !seen.insert(message.full_name().to_owned()) {
                continue;
            }
            for field in message.fields() {
                let entry = message.is_map_entry();
                if let Kind::Message(inner) = field.kind() {
                    left.push(inner);
                }
                if !entry {
                    let name = format!("{}.{}", message.name(), field.name());
                    found.insert((method.name().to_owned(), name));
                }
            }
        }
    }
    found
}

#[test]
fn every_field_of_every_request_has_a_case() {
    let cases = [reads(), writes(), schemas()].into_iter().flatten();
    let held: BTreeSet<_> = cases
        .map(|case| (case.rpc.to_owned(), case.field.to_owned()))
        .collect();
    let fields = fields();
    let is_free = |field: &str| FREE.iter().any(|(free, _)| *free == field);
    let bare: Vec<_> = fields
        .iter()
        .filter(|it| !held.contains(*it) && !is_free(&it.1))
        .collect();
    assert!(bare.is_empty(), "no case of their bounds: {bare:?}");
    let unknown: Vec<_> = held.difference(&fields).collect();
    assert!(unknown.is_empty(), "no such fields: {unknown:?}");
    let stale: Vec<_> = FREE
        .iter()
        .filter(|(free, _)| !fields.iter().any(|(_, field)| field == free))
        .collect();
    assert!(stale.is_empty(), "no such fields: {stale:?}");
}

/// The message that `json` is; timestamps as numbers, which JSON does not have.
fn read<M: prost::Message + Default>(message: MessageDescriptor, json: &Value) -> M {
    let mut json = json.clone();
    let numbers = take_timestamp(&mut json);
    let mut message = DynamicMessage::deserialize(message, json).unwrap();
    if let Some((seconds, nanos)) = numbers {
        set_timestamp(&mut message, seconds, nanos);
    }
    message.transcode_to().unwrap()
}

fn take_timestamp(json: &mut Value) -> Option<(i64, i32)> {
    match json {
        Value::Object(fields) => {
            if let Some(at) = fields.get_mut("timestampValue")
                && at.is_object()
            {
                let seconds = at["seconds"]
                    .as_str()
                    .map_or(0, |seconds| seconds.parse().unwrap());
                let nanos = at["nanos"].as_i64().unwrap_or_default();
                *at = json!("1970-01-01T00:00:00Z");
                return Some((seconds, nanos.try_into().unwrap()));
            }
            fields.values_mut().find_map(take_timestamp)
        }
        Value::Array(items) => items.iter_mut().find_map(take_timestamp),
        _ => None,
    }
}

fn set_timestamp(message: &mut DynamicMessage, seconds: i64, nanos: i32) {
    if message.descriptor().full_name() == "google.protobuf.Timestamp" {
        message.set_field_by_name("seconds", prost_reflect::Value::I64(seconds));
        message.set_field_by_name("nanos", prost_reflect::Value::I32(nanos));
        return;
    }
    let inside = |value: &mut prost_reflect::Value| match value {
        prost_reflect::Value::Message(inner) => set_timestamp(inner, seconds, nanos),
        prost_reflect::Value::List(items) => {
            (items
                .iter_mut()
                .filter_map(prost_reflect::Value::as_message_mut))
            .for_each(|inner| set_timestamp(inner, seconds, nanos));
        }
        prost_reflect::Value::Map(entries) => {
            (entries
                .values_mut()
                .filter_map(prost_reflect::Value::as_message_mut))
            .for_each(|inner| set_timestamp(inner, seconds, nanos));
        }
        _ => {}
    };
    message
        .fields_mut()
        .map(|(_, value)| value)
        .for_each(inside);
}

/// Makes the call, and takes the first message of an answer that is a stream.
async fn call(mut client: Client, case: &Case) -> Result<tonic::Response<()>, tonic::Status> {
    let service = pool()
        .get_service_by_name(&format!("{PACKAGE}.GraphService"))
        .unwrap();
    let method = service
        .methods()
        .find(|method| method.name() == case.rpc)
        .unwrap();
    macro_rules! unary {
        ($call:ident) => {
            client
                .$call(tonic::Request::new(read(method.input(), &case.request)))
                .await
                .map(|_| tonic::Response::new(()))
        };
    }
    macro_rules! stream {
        ($call:ident) => {{
            let opened = client
                .$call(tonic::Request::new(read(method.input(), &case.request)))
                .await?;
            opened
                .into_inner()
                .message()
                .await
                .map(|_| tonic::Response::new(()))
        }};
    }
    match case.rpc {
        "GetNode" => unary!(get_node),
        "BatchGetNodes" => unary!(batch_get_nodes),
        "ListNodes" => unary!(list_nodes),
        "SearchNodes" => unary!(search_nodes),
        "FindPath" => unary!(find_path),
        "ApplyMutations" => unary!(apply_mutations),
        "UpdateSchema" => unary!(update_schema),
        "Traverse" => stream!(traverse),
        "ExportGraph" => stream!(export_graph),
        "WatchChanges" => stream!(watch_changes),
        "ImportGraph" => {
            let batch: ImportGraphRequest = read(method.input(), &case.request);
            let sent = client.import_graph(tokio_stream::iter([batch])).await;
            sent.map(|_| tonic::Response::new(()))
        }
        other => panic!("no way to call {other} yet"),
    }
}

#[tokio::test]
async fn what_is_out_of_its_bounds_is_refused_by_its_name() {
    let service = Service::start().await;
    service.draw("a>b").await;
    for case in [reads(), writes(), schemas()].into_iter().flatten() {
        let (code, reason, named) = shown(call(service.client(), &case).await);
        let reason_of = match case.code {
            Code::InvalidArgument => "INVALID_FIELD",
            Code::Aborted => "ETAG",
            _ => "PRECONDITION",
        };
        let right =
            (code, reason.as_str()) == (case.code, reason_of) && named.starts_with(&case.named);
        let expected = is(case.code, reason_of, &case.named);
        assert!(
            right,
            "{} {}: {:?}, not {expected:?}",
            case.rpc,
            case.field,
            (code, reason, named)
        );
    }
}
