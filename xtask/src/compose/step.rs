//! In step with `up`: the same services, programs, ports and variables.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use clap::{Args as _, Command};

use super::{compose, is_dgraph};
use crate::up::{self, plan};

/// What a container needs and a process of this machine does not. A value that both have is compared.
const ONLY_IN_CONTAINERS: &[&str] = &[
    "LOG_FORMAT",
    "INSPECTOR_ALLOW_HOSTS",
    "INSPECTOR_OTLP_GRPC_LISTEN",
    "INSPECTOR_OTLP_HTTP_LISTEN",
    "GRAPH_DGRAPH_USER",
    "GRAPH_DGRAPH_PASSWORD",
    "GATEWAY_TRUST",
    "SITE_PUBLIC_GATEWAY_URL",
    "SITE_PUBLIC_INSPECTOR_URL",
];

/// What differs by design: the store, the paths, and secrets that the operator makes.
const OTHER_VALUE: &[&str] = &[
    "GRAPH_STORE",
    "INSPECTOR_DATA_DIR",
    "GRAPH_WRITE_TOKEN",
    "SITE_WRITE_TOKEN",
];

/// The default of one of the options of `up`.
fn default(option: &str) -> SocketAddr {
    let command = up::Options::augment_args(Command::new("up"));
    let argument = command.get_arguments().find(|it| it.get_id() == option);
    let value = argument.unwrap().get_default_values()[0].to_str().unwrap();
    value.parse().unwrap()
}

/// What `up` starts where every port is free.
fn launches() -> [(plan::Launch, SocketAddr); 4] {
    let [inspector, graph, gateway, site] = [
        "inspector_listen",
        "graph_listen",
        "gateway_listen",
        "site_listen",
    ]
    .map(default);
    plan::samples(inspector, graph, gateway, site)
}

/// A value of the compose file as it would be with everything on this machine.
fn here(value: &str) -> String {
    let mut value = value.replace("0.0.0.0:", "127.0.0.1:");
    for (launch, _) in launches() {
        let inside = format!("{}:", launch.service);
        for before in ["/", "@"] {
            value = value.replace(&format!("{before}{inside}"), &format!("{before}127.0.0.1:"));
        }
    }
    value
}

#[test]
fn it_has_the_services_of_up_and_a_dgraph() {
    let compose = compose();
    let ours = compose.services.keys().filter(|name| !is_dgraph(name));
    let ours: BTreeSet<_> = ours.map(String::as_str).collect();
    let launches = launches();
    let started: BTreeSet<_> = launches.iter().map(|(it, _)| it.service).collect();
    assert_eq!(ours, started);
    for (launch, _) in &launches {
        let service = &compose.services[launch.service];
        let program = launch.program.file_name().unwrap().to_str().unwrap();
        let command = service.command.clone().unwrap_or_else(|| {
            // The site's image says it itself: `dockerfile` holds that against `up`.
            let own = [program].into_iter().chain(launch.args.iter().copied());
            own.map(str::to_owned).collect()
        });
        assert_eq!(command[0], program);
        assert_eq!(command[1..], launch.args, "{}", launch.service);
    }
    let cluster = |kind: &str| {
        let of = compose
            .services
            .iter()
            .filter(|(name, _)| name.starts_with(kind));
        of.filter(|(_, it)| it.profiles == ["cluster"]).count()
    };
    assert_eq!((cluster("dgraph-zero"), cluster("dgraph-alpha")), (2, 2));
    assert!(compose.services["dgraph-zero1"].profiles.is_empty());
    assert!(compose.services["dgraph-alpha1"].profiles.is_empty());
}

#[test]
fn they_listen_where_up_does_and_for_this_machine_alone() {
    let compose = compose();
    for (launch, listens) in launches() {
        let service = &compose.services[launch.service];
        let port = listens.port();
        assert_eq!(service.ports, [format!("127.0.0.1:{port}:{port}")]);
    }
    for (name, service) in &compose.services {
        for port in &service.ports {
            assert!(port.starts_with("127.0.0.1:"), "{name} publishes {port}");
        }
    }
}

#[test]
fn they_have_the_variables_that_up_sets() {
    let compose = compose();
    for (launch, _) in launches() {
        let service = &compose.services[launch.service];
        let only: BTreeSet<_> = ONLY_IN_CONTAINERS.iter().copied().collect();
        let given: BTreeSet<_> = service.environment.keys().map(String::as_str).collect();
        let set: BTreeSet<_> = launch.env.iter().map(|(name, _)| *name).collect();
        let given: BTreeSet<_> = given.difference(&only).copied().collect();
        assert_eq!(given, set, "{}", launch.service);
        for (name, value) in &launch.env {
            if !OTHER_VALUE.contains(name) {
                let given = here(&service.environment[*name]);
                assert_eq!(given, *value, "{name} of {}", launch.service);
            }
        }
    }
}

#[test]
fn what_starts_later_waits_for_what_it_needs() {
    let compose = compose();
    for (name, service) in &compose.services {
        for (needed, condition) in &service.depends_on {
            assert!(compose.services.contains_key(needed), "{name}: {needed}");
            assert_eq!(condition["condition"].as_str(), Some("service_healthy"));
        }
    }
    // As `up` does: each after the one before it, but for the inspector, which Dgraph too sends to.
    for (later, earlier) in [
        ("graph", "inspector"),
        ("gateway", "graph"),
        ("site", "gateway"),
    ] {
        let needs = &compose.services[later].depends_on;
        assert!(needs.contains_key(earlier), "{later} needs {earlier}");
    }
    for (name, service) in &compose.services {
        for volume in &service.volumes {
            let (volume, _) = volume.split_once(':').unwrap();
            assert!(compose.volumes.contains_key(volume), "{name}: {volume}");
        }
    }
}

#[test]
fn it_holds_no_secret() {
    let compose = compose();
    for (name, service) in &compose.services {
        for (variable, value) in &service.environment {
            let secret = ["PASSWORD", "TOKEN"].iter().any(|it| variable.contains(it));
            // Asked of the operator, with no default.
            let asked = value.starts_with("${") && value.contains(":?");
            assert!(!secret || asked, "{variable} of {name}");
        }
    }
}
