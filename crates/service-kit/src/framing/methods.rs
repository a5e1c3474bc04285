//! Which methods take one message, by the descriptors. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::Messages;

/// The methods that take one message: those of the descriptors that do not stream their requests. Of others nothing is
/// known, and so nothing is held.
#[derive(Clone, Debug, Default)]
pub struct SingleRequest(Arc<HashMap<String, Method>>);

/// Which sides of a method stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Method {
    client_streams: bool,
    server_streams: bool,
}

impl SingleRequest {
    /// Of these encoded descriptor sets; one that cannot be decoded is left out.
    pub fn of<'a>(sets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut paths = HashMap::new();
        for set in sets {
            let set = FileDescriptorSet::decode(set).unwrap_or_default();
            for file in &set.file {
                for service in &file.service {
                    let dot = if file.package().is_empty() { "" } else { "." };
                    paths.extend(service.method.iter().map(|method| {
                        let (package, service) = (file.package(), service.name());
                        let path = format!("/{package}{dot}{service}/{}", method.name());
                        let method = Method {
                            client_streams: method.client_streaming(),
                            server_streams: method.server_streaming(),
                        };
                        (path, method)
                    }));
                }
            }
        }
        Self(Arc::new(paths))
    }

    /// How many messages the method at `path` takes.
    pub fn messages(&self, path: &str) -> Messages {
        match self.0.get(path) {
            Some(method) if !method.client_streams => Messages::One,
            _ => Messages::Any,
        }
    }

    /// Whether the method at `path` takes one message and gives one.
    pub fn is_unary(&self, path: &str) -> bool {
        let method = self.0.get(path);
        method.is_some_and(|method| !method.client_streams && !method.server_streams)
    }

    /// The paths of all methods.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_answers_is_not_unary() {
        let methods = SingleRequest::of([tonic_health::pb::FILE_DESCRIPTOR_SET]);
        assert!(methods.is_unary("/grpc.health.v1.Health/Check"));
        assert!(!methods.is_unary("/grpc.health.v1.Health/Watch"));
        assert!(!methods.is_unary("/x.Y/Z"));
    }

    #[test]
    fn the_descriptors_say_which() {
        let methods = SingleRequest::of([tonic_health::pb::FILE_DESCRIPTOR_SET, b"\xff"]);
        for path in [
            "/grpc.health.v1.Health/Check",
            "/grpc.health.v1.Health/Watch",
        ] {
            assert_eq!(methods.messages(path), Messages::One, "{path}");
        }
        for path in ["/grpc.health.v1.Health/Nope", "/x.Y/Z", "", "*"] {
            assert_eq!(methods.messages(path), Messages::Any, "{path}");
        }
    }
}
