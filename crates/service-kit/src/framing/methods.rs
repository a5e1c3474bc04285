//! Which methods take one message, by the descriptors. Pure.

use std::collections::HashSet;
use std::sync::Arc;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::Messages;

/// The methods that take one message: those of the descriptors that do not stream their requests. Of others nothing is
/// known, and so nothing is held.
#[derive(Clone, Debug, Default)]
pub struct SingleRequest(Arc<HashSet<String>>);

impl SingleRequest {
    /// Of these encoded descriptor sets; one that cannot be decoded is left out.
    pub fn of<'a>(sets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut paths = HashSet::new();
        for set in sets {
            let set = FileDescriptorSet::decode(set).unwrap_or_default();
            for file in &set.file {
                for service in &file.service {
                    let single = service.method.iter().filter(|it| !it.client_streaming());
                    let dot = if file.package().is_empty() { "" } else { "." };
                    paths.extend(single.map(|method| {
                        let (package, service) = (file.package(), service.name());
                        format!("/{package}{dot}{service}/{}", method.name())
                    }));
                }
            }
        }
        Self(Arc::new(paths))
    }

    /// How many messages the method at `path` takes.
    pub fn messages(&self, path: &str) -> Messages {
        if self.0.contains(path) {
            Messages::One
        } else {
            Messages::Any
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
