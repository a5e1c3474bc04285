//! What may carry requests in place of the client's own channels: another client of Dgraph, for who has one. Turns between
//! alphas, repeats, login, errors and spans stay with this crate.

use std::{future::Future, pin::Pin, time::Duration};

use crate::{Error, api};

/// What a [`Transport`] answers, when it does.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<Answered, Error>> + Send + 'a>>;

/// Carries one request to one alpha, and its answer back.
///
/// What it cannot do, it answers with [`Error::Options`]. A [`tonic::Status`] that it was answered becomes an error by
/// `Error::from`, which tells them apart.
pub trait Transport: Send + Sync + 'static {
    /// Sends it to this alpha, `host:port`, with these headers; gives up after `time`, or when it is dropped.
    fn carry(
        &self,
        alpha: &str,
        request: Asked,
        headers: http::HeaderMap,
        time: Duration,
    ) -> Carried<'_>;
}

/// A request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Asked {
    /// A query, mutations, or both.
    Query(api::Request),
    /// The end of a transaction.
    End(api::TxnContext),
    /// A change of the schema.
    Alter(api::Operation),
    /// A login.
    Login(api::LoginRequest),
    /// Whether it is ready, and its version.
    Version(api::Check),
}

/// An answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answered {
    /// To a query or a login.
    Response(api::Response),
    /// To the end of a transaction.
    Ended(api::TxnContext),
    /// To a change of the schema.
    Altered(api::Payload),
    /// To the question for the version.
    Version(api::Version),
}
