//! Where Dgraph is, who asks, and what goes with each call.

use std::{fmt, sync::Arc, time::Duration};

use crate::{Error, Limits, connect, transport::Transport};

/// How to reach a Dgraph.
#[derive(Clone)]
pub struct Options {
    /// The alphas, each `host:port`.
    pub alphas: Vec<String>,
    /// Who logs in; without it nobody does.
    pub login: Option<Login>,
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
    /// What goes with each call.
    pub carrier: Arc<dyn Carrier>,
    /// What carries requests, where that is not to be this crate; TLS is its affair then.
    pub transport: Option<Arc<dyn Transport>>,
    /// The bounds.
    pub limits: Limits,
}

impl Options {
    /// Plain, without a login.
    pub fn new<A: Into<String>>(alphas: impl IntoIterator<Item = A>) -> Self {
        Self {
            alphas: alphas.into_iter().map(Into::into).collect(),
            login: None,
            tls: None,
            carrier: Arc::new(Nothing),
            transport: None,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("alphas", &self.alphas)
            .field("login", &self.login)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// A user of Dgraph's access control.
#[derive(Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password; never shown.
    pub password: String,
    /// The namespace; 0 is the first.
    pub namespace: u64,
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Login")
            .field("user", &self.user)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// TLS to the alphas.
#[derive(Clone)]
pub struct Tls {
    /// Whose certificates are trusted: PEM, one or several.
    pub authorities: Vec<u8>,
    /// This client's own certificate chain and private key, PEM, where Dgraph asks for one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Tls {
    /// As rustls wants it, for HTTP/2: what a transport of others needs.
    ///
    /// # Errors
    /// Where an authority, the certificate or the key cannot be used.
    pub fn config(&self) -> Result<Arc<rustls::ClientConfig>, Error> {
        connect::tls(self)
    }
}

/// What goes with each call from the one that it is made for: its trace, and how much time it has left. The client itself
/// knows of neither.
pub trait Carrier: Send + Sync + 'static {
    /// Adds to the headers of a request that leaves now. The call's span is the current one.
    fn write(&self, headers: &mut http::HeaderMap);

    /// How much time is left; `None` where there is no deadline.
    fn remaining(&self) -> Option<Duration>;
}

/// Nothing goes along.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Carrier for Nothing {
    fn write(&self, _: &mut http::HeaderMap) {}

    fn remaining(&self) -> Option<Duration> {
        None
    }
}
