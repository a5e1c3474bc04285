//! The client layer and what can be set on it.

use std::fmt;
use std::sync::Arc;

use http::{HeaderName, Uri};
use tower_layer::Layer;

use super::ClientService;
use crate::Limits;

/// Traces every call that goes through a gRPC client, and sends the trace along.
///
/// Works over tonic's `Channel` and over any other service that takes HTTP
/// requests; its errors come through as they are.
#[derive(Clone)]
pub struct ClientLayer {
    config: Arc<Config>,
}

#[derive(Clone)]
pub(super) struct Config {
    pub(super) target: Target,
    pub(super) own_transactions: bool,
    pub(super) traceparent: bool,
    pub(super) metadata: Arc<[HeaderName]>,
    pub(super) limits: Limits,
}

impl ClientLayer {
    /// A layer with the defaults: the trace goes to every target, and a call
    /// outside of any span is a transaction of its own.
    #[must_use]
    pub fn new() -> Self {
        Self {
            config: Arc::new(Config {
                target: Target::default(),
                own_transactions: true,
                traceparent: true,
                metadata: Arc::new([]),
                limits: Limits::default(),
            }),
        }
    }

    /// Who is called, as `host:port` or as a URI, for `server.address` and for
    /// [`propagate_to`](Self::propagate_to). tonic's channel knows it only
    /// further inside; where requests name an authority, that is taken.
    #[must_use]
    pub fn target(self, target: &str) -> Self {
        self.with(|config| config.target.set(target))
    }

    /// Sends the trace only to targets whose authority, `host:port`, `to` is
    /// true for. A target that is not known gets none.
    #[must_use]
    pub fn propagate_to(self, to: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.target.allow(to))
    }

    /// Whether a call with no span around it becomes a transaction. If not,
    /// it is not recorded; the trace goes with it either way.
    #[must_use]
    pub fn own_transactions(self, own: bool) -> Self {
        self.with(|config| config.own_transactions = own)
    }

    /// Whether `traceparent` goes along, for targets that read nothing else.
    #[must_use]
    pub fn traceparent(self, traceparent: bool) -> Self {
        self.with(|config| config.traceparent = traceparent)
    }

    /// Metadata entries of answers that are recorded on the span, as
    /// `rpc.response.metadata.<key>`, where they come in the head. Keys that are
    /// no header name, and binary entries, are left out.
    #[must_use]
    pub fn record_response_metadata<K: AsRef<str>>(
        self,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        self.with(|config| {
            config.metadata = keys
                .into_iter()
                .filter(|key| !key.as_ref().ends_with("-bin"))
                .filter_map(|key| key.as_ref().parse().ok())
                .collect();
        })
    }

    /// The bounds on what is recorded.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|config| config.limits = limits)
    }

    fn with(mut self, set: impl FnOnce(&mut Config)) -> Self {
        set(Arc::make_mut(&mut self.config));
        self
    }
}

impl Default for ClientLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientService::new(inner, Arc::clone(&self.config))
    }
}

impl fmt::Debug for ClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLayer")
            .field("target", &self.config.target)
            .field("own_transactions", &self.config.own_transactions)
            .field("limits", &self.config.limits)
            .finish_non_exhaustive()
    }
}

type Predicate = dyn Fn(&str) -> bool + Send + Sync;

/// Who is called, and whether the trace may go there.
#[derive(Clone, Default)]
pub(crate) struct Target {
    authority: Option<String>,
    allowed: Option<Arc<Predicate>>,
}

impl Target {
    pub(crate) fn set(&mut self, target: &str) {
        self.authority = target.parse::<Uri>().ok().and_then(|uri| {
            uri.authority()
                .map(|authority| authority.as_str().to_owned())
        });
    }

    pub(crate) fn allow(&mut self, to: impl Fn(&str) -> bool + Send + Sync + 'static) {
        self.allowed = Some(Arc::new(to));
    }

    /// The authority of a request with this URI, without credentials in it.
    pub(crate) fn authority<'a>(&'a self, uri: Option<&'a Uri>) -> Option<&'a str> {
        let authority = uri
            .and_then(Uri::authority)
            .map(http::uri::Authority::as_str)
            .or(self.authority.as_deref())?;
        Some(
            authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host),
        )
    }

    pub(crate) fn allows(&self, authority: Option<&str>) -> bool {
        match &self.allowed {
            None => true,
            Some(allowed) => authority.is_some_and(|authority| allowed(authority)),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.authority).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let check = |target: &str, uri: &str, authority: Option<&str>| {
            let mut configured = Target::default();
            configured.set(target);
            let uri = uri.parse().unwrap();
            assert_eq!(
                configured.authority(Some(&uri)),
                authority,
                "{target} {uri}"
            );
        };
        check("graph:50051", "/a.B/C", Some("graph:50051"));
        check("http://graph:50051", "/a.B/C", Some("graph:50051"));
        check("https://u:p@graph:50051/x", "/a.B/C", Some("graph:50051"));
        check("graph:50051", "http://other:1/a.B/C", Some("other:1"));
        check("", "/a.B/C", None);
    }

    #[test]
    fn an_unknown_target_gets_nothing_under_a_rule() {
        let mut target = Target::default();
        assert!(target.allows(None));
        target.allow(|authority| authority == "graph:1");
        assert!(target.allows(Some("graph:1")));
        assert!(!target.allows(Some("other:1")));
        assert!(!target.allows(None));
    }
}
