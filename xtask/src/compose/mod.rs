//! What `docker-compose.yml` and the `Dockerfile` must hold, as tests: no container engine is needed to see that they keep
//! step with `up` and with the workspace. Knows no service's variables but those that `up` sets.

mod dockerfile;
mod pipeline;
mod step;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::workspace::root;

/// The file, as far as it is held against something.
#[derive(Debug, Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, serde_norway::Value>,
}

#[derive(Debug, Deserialize)]
struct Service {
    image: String,
    build: Option<Build>,
    command: Option<Vec<String>>,
    healthcheck: HealthCheck,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, serde_norway::Value>,
    #[serde(default)]
    profiles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Build {
    target: String,
}

#[derive(Debug, Deserialize)]
struct HealthCheck {
    test: Vec<String>,
}

/// A file, by its path from the root.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn compose() -> Compose {
    let text = read("docker-compose.yml");
    let mut value: serde_norway::Value = serde_norway::from_str(&text).unwrap();
    value.apply_merge().unwrap();
    serde_norway::from_value(value).unwrap()
}

/// Services of others: what their images hold is not known here.
fn is_dgraph(name: &str) -> bool {
    name.starts_with("dgraph-")
}
