//! The methods of `api.Dgraph`, each with the message it takes and the one it answers.

use http::uri::PathAndQuery;

use crate::api;

/// A method.
pub(crate) trait Rpc: prost::Message + Clone + Default + 'static {
    type Answer: prost::Message + Default + 'static;
    const PATH: &'static str;

    fn path() -> PathAndQuery {
        PathAndQuery::from_static(Self::PATH)
    }
}

impl Rpc for api::Request {
    type Answer = api::Response;
    const PATH: &'static str = "/api.Dgraph/Query";
}

impl Rpc for api::TxnContext {
    type Answer = api::TxnContext;
    const PATH: &'static str = "/api.Dgraph/CommitOrAbort";
}

impl Rpc for api::Operation {
    type Answer = api::Payload;
    const PATH: &'static str = "/api.Dgraph/Alter";
}

impl Rpc for api::LoginRequest {
    type Answer = api::Response;
    const PATH: &'static str = "/api.Dgraph/Login";
}

impl Rpc for api::Check {
    type Answer = api::Version;
    const PATH: &'static str = "/api.Dgraph/CheckVersion";
}
