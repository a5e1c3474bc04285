//! Our client over dgraph-tonic: against the double of Dgraph, and the store's whole contract against a real one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_methods, reason = "no call's trace is lost here")]

mod backends;
#[path = "../../../../crates/graph-store/tests/it/contract/mod.rs"]
mod contract;
mod fake;
mod quiet;

use std::sync::Arc;

use throughline_dgraph_client::{Dgraph, Login, Options};
use throughline_dgraph_tonic::{DgraphTonic, TonicOptions};

fn options(alpha: &str, login: Option<(&str, &str)>) -> Options {
    let login = login.map(|(user, password)| Login {
        user: user.to_owned(),
        password: password.to_owned(),
        namespace: 0,
    });
    let tonic = TonicOptions {
        login,
        ..TonicOptions::default()
    };
    Options {
        transport: Some(Arc::new(DgraphTonic::new(tonic).unwrap())),
        ..Options::new([alpha])
    }
}

fn dgraph(alpha: &str, login: Option<(&str, &str)>) -> Dgraph {
    Dgraph::new(options(alpha, login)).unwrap()
}
