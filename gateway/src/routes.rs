//! Which methods can be reached: those of the admitted services, by the descriptors. Pure.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::Error;

/// The methods that the gateway passes on. Health, reflection, administration and whatever else a
/// service behind it may answer is not among them unless it is admitted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods(BTreeSet<String>);

impl Methods {
    /// The methods of `services`, which the encoded `descriptors` must know.
    pub fn of(descriptors: &[u8], services: &[String]) -> Result<Self, Error> {
        let descriptors = FileDescriptorSet::decode(descriptors)?;
        let known = all(&descriptors);
        let mut paths = BTreeSet::new();
        for service in services {
            let Some((_, methods)) = known.iter().find(|(name, _)| name == service) else {
                return Err(Error::UnknownService {
                    service: service.clone(),
                    known: known.into_iter().map(|(name, _)| name).collect(),
                });
            };
            paths.extend(methods.iter().map(|method| format!("/{service}/{method}")));
        }
        Ok(Self(paths))
    }

    /// The paths, such as `/throughline.graph.v1.GraphService/FindPath`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Every service with its methods.
fn all(descriptors: &FileDescriptorSet) -> Vec<(String, Vec<&str>)> {
    let mut services = Vec::new();
    for file in &descriptors.file {
        for service in &file.service {
            let name = match file.package() {
                "" => service.name().to_owned(),
                package => format!("{package}.{}", service.name()),
            };
            services.push((
                name,
                service.method.iter().map(|method| method.name()).collect(),
            ));
        }
    }
    services
}

#[cfg(test)]
mod tests {
    use throughline_api::FILE_DESCRIPTOR_SET;

    use super::*;

    #[test]
    fn only_what_is_admitted_by_name_can_be_reached() {
        let admitted = ["throughline.graph.v1.GraphService".to_owned()];
        let methods = Methods::of(FILE_DESCRIPTOR_SET, &admitted).expect("a known service");
        assert_eq!(methods.paths().count(), 13);
        assert!(
            methods
                .paths()
                .all(|path| path.starts_with("/throughline.graph.v1.GraphService/"))
        );
        let none = Methods::of(FILE_DESCRIPTOR_SET, &[]).expect("nothing to know");
        assert_eq!(none.paths().count(), 0);
    }

    #[test]
    fn an_unknown_service_stops_the_start_and_is_named() {
        let admitted = ["throughline.graph.v1.GraphServices".to_owned()];
        let error = Methods::of(FILE_DESCRIPTOR_SET, &admitted).expect_err("unknown");
        assert!(error.to_string().contains("GraphServices"), "{error}");
        assert!(
            error.to_string().contains("throughline.inspector.v1"),
            "{error}"
        );
    }

    #[test]
    fn broken_descriptors_are_an_error() {
        assert!(matches!(
            Methods::of(b"\xff\xff", &[]),
            Err(Error::Descriptors(_))
        ));
    }
}
