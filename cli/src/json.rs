//! Messages as canonical protobuf JSON, by the descriptor set that the types
//! were generated from.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::Context as _;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::Value;

/// `message`, which is of type `name`, as indented JSON.
pub(crate) fn pretty(name: &str, message: &impl Message) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&value(name, message)?)?)
}

/// `message`, which is of type `name`, as JSON on one line.
pub(crate) fn line(name: &str, message: &impl Message) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&value(name, message)?)?)
}

/// The message of type `name` that `text` is, or why it is none.
pub(crate) fn read<M: Message + Default>(name: &str, text: &str) -> Result<M, String> {
    let descriptor = descriptor(name).map_err(|error| format!("{error:#}"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let said = |error: serde_json::Error| {
        let said = error.to_string();
        said.replace(" at line 1 column", " at column")
    };
    let message = DynamicMessage::deserialize(descriptor, &mut json).map_err(said)?;
    json.end().map_err(said)?;
    message
        .transcode_to()
        .map_err(|error| format!("{error} in {name}"))
}

/// Decoded once: an export writes a message for each node.
static POOL: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(throughline_api::FILE_DESCRIPTOR_SET).ok());

fn descriptor(name: &str) -> anyhow::Result<MessageDescriptor> {
    let pool = POOL.as_ref().context("the descriptor set is broken")?;
    pool.get_message_by_name(name)
        .with_context(|| format!("no message {name}"))
}

/// `message` on one line, without its zeros and empty lists.
pub(crate) fn brief(name: &str, message: &impl Message) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&with(name, message, true)?)?)
}

fn value(name: &str, message: &impl Message) -> anyhow::Result<BTreeMap<String, Value>> {
    // Zeros and empty lists are written too, so that a script finds each field.
    with(name, message, false)
}

fn with(
    name: &str,
    message: &impl Message,
    skip_defaults: bool,
) -> anyhow::Result<BTreeMap<String, Value>> {
    let descriptor = descriptor(name)?;
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
    let options = SerializeOptions::new().skip_default_fields(skip_defaults);
    let value = message.serialize_with_options(serde_json::value::Serializer, &options)?;
    // As a tree it is in order of name: protobuf's maps have no order, and the
    // same answer must be the same text.
    Ok(serde_json::from_value(value)?)
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::{GetStatsResponse, TypeCount};
    use throughline_api::inspector::v1::TraceSummary;

    use super::*;

    #[test]
    fn json_is_the_canonical_one() {
        let stats = GetStatsResponse {
            node_count: 3,
            node_types: vec![TypeCount {
                r#type: "Crate".into(),
                count: 3,
            }],
            ..Default::default()
        };
        let expected = r#"{"edgeCount":"0","edgeTypes":[],"nodeCount":"3","nodeTypes":[{"count":"3","type":"Crate"}]}"#;
        assert_eq!(
            line("throughline.graph.v1.GetStatsResponse", &stats).unwrap(),
            expected
        );

        let summary = TraceSummary {
            start_time: Some(prost_types::Timestamp {
                seconds: 1,
                nanos: 500_000_000,
            }),
            duration: Some(prost_types::Duration {
                seconds: 0,
                nanos: 1_500_000,
            }),
            ..Default::default()
        };
        let json = pretty("throughline.inspector.v1.TraceSummary", &summary).unwrap();
        assert!(
            json.contains(r#""startTime": "1970-01-01T00:00:01.500Z""#),
            "{json}"
        );
        assert!(json.contains(r#""duration": "0.001500s""#), "{json}");
    }

    #[test]
    fn what_is_written_is_read() {
        let name = "throughline.graph.v1.GetStatsResponse";
        let stats = GetStatsResponse {
            node_count: 3,
            ..Default::default()
        };
        assert_eq!(read(name, &line(name, &stats).unwrap()), Ok(stats));
        let wrong = read::<GetStatsResponse>(name, "{\"nodeCount\":true}").unwrap_err();
        assert!(wrong.contains("at column"), "{wrong}");
        assert!(read::<GetStatsResponse>(name, "{} {}").is_err());
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert!(line("throughline.Nope", &GetStatsResponse::default()).is_err());
    }
}
