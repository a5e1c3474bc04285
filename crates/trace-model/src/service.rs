//! Which service a record came from: `service.name`, else the OTel resource, else
//! the project's slug or the key, else the server's name.

use serde_json::Value;

use crate::Source;
use crate::json::{tag, text};

const SERVICE: &str = "service.name";

/// The service of a transaction or event payload.
pub(crate) fn of_payload(payload: &Value, source: &Source) -> String {
    text(payload, &["contexts", "trace", "data", SERVICE])
        .or_else(|| tag(payload, SERVICE))
        .or_else(|| text(payload, &["contexts", "otel", "resource", SERVICE]))
        .map_or_else(
            || of_source(source, text(payload, &["server_name"])),
            str::to_owned,
        )
}

/// The service of a container's entry, by its attributes `{k: {value, type}}`.
pub(crate) fn of_attributes(attributes: Option<&Value>, source: &Source) -> String {
    let read = |key: &str| {
        let attributes = attributes?;
        text(attributes, &[key, "value"]).or_else(|| text(attributes, &[key]))
    };
    read(SERVICE)
        .or_else(|| read("resource.service.name"))
        .map_or_else(|| of_source(source, read("server.address")), str::to_owned)
}

/// The service as far as the source tells.
pub(crate) fn of_source(source: &Source, server_name: Option<&str>) -> String {
    let slug = Some(source.project.as_str()).filter(|slug| is_name(slug));
    let key = source.key.as_deref().filter(|key| is_name(key));
    match slug.or(key).or(server_name) {
        Some(name) => name.to_owned(),
        None if source.project.is_empty() => "unknown".to_owned(),
        None => format!("project-{}", source.project),
    }
}

/// A number or a generated key names nothing.
fn is_name(text: &str) -> bool {
    let number = text.bytes().all(|byte| byte.is_ascii_digit());
    let generated = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    !text.is_empty() && !number && !generated
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn falls_back_in_order() {
        let key = "a".repeat(32);
        let check = |payload: Value, project: &str, key: &str, want: &str| {
            let source = Source {
                key: Some(key.to_owned()),
                ..Source::project(project)
            };
            assert_eq!(of_payload(&payload, &source), want, "{payload}");
        };
        let data = json!({"contexts": {"trace": {"data": {"service.name": "a"}}}, "tags": {"service.name": "b"}});
        check(data, "shop", "key", "a");
        check(json!({"tags": {"service.name": "b"}}), "shop", "key", "b");
        check(json!({"tags": [["service.name", "b"]]}), "shop", "key", "b");
        let otel = json!({"contexts": {"otel": {"resource": {"service.name": "c"}}}});
        check(otel, "shop", "key", "c");
        check(json!({"server_name": "host"}), "shop", "key", "shop");
        check(json!({"server_name": "host"}), "2", "gateway", "gateway");
        check(json!({"server_name": "host"}), "2", &key, "host");
        check(json!({}), "2", &key, "project-2");
        check(json!({}), "", "", "unknown");
    }
}
