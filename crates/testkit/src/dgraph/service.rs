//! The double's answers: what was recorded, else what a test says, else an empty answer with timestamps as they should be.

use std::sync::{Arc, atomic::Ordering};

use prost::Message as _;
use throughline_dgraph_client::api::{
    Check, Jwt, Latency, LoginRequest, Metrics, Operation, Payload, Request, Response, TxnContext,
    Version, dgraph_server::Dgraph,
};
use tonic::{
    Status,
    metadata::{KeyAndValueRef, MetadataMap},
};

use super::{
    DgraphFault,
    fake::{Recorded, Shared},
    ledger::Ledger,
    recordings,
    spans::{Called, Kind},
};

pub(super) struct Service(pub(super) Arc<Shared>);

type Answer<T> = Result<tonic::Response<T>, Status>;

impl Service {
    fn record(
        &self,
        method: &'static str,
        metadata: &MetadataMap,
        request: Option<Request>,
        txn: Option<TxnContext>,
    ) {
        let metadata = metadata.iter().filter_map(|entry| match entry {
            KeyAndValueRef::Ascii(key, value) => Some((
                key.to_string(),
                value.to_str().unwrap_or_default().to_owned(),
            )),
            KeyAndValueRef::Binary(..) => None,
        });
        let recorded = Recorded {
            method,
            metadata: metadata.collect(),
            request,
            txn,
        };
        self.0.recorded.update(|all| all.push(recorded));
    }

    /// Lets in who has logged in. `begun`: it is a further request of a transaction, or its end.
    fn admit(&self, metadata: &MetadataMap, begun: bool) -> Result<(), Status> {
        let login = self.0.login.lock();
        let Some(login) = &*login else {
            return Ok(());
        };
        let token = metadata.get("accessjwt").and_then(|it| it.to_str().ok());
        let number = token.and_then(|it| it.strip_prefix("access-")?.parse::<u64>().ok());
        match number {
            None => Err(Status::unauthenticated("no accessJwt available")),
            Some(number) if number < login.good => {
                let fault = match begun {
                    true => DgraphFault::ExpiredInTransaction,
                    false => DgraphFault::Expired,
                };
                fault.status("").map_or(Ok(()), Err)
            }
            Some(_) => Ok(()),
        }
    }

    /// Has a fault, if it is time for one; whether the answer is to be cut.
    async fn fail(&self, sent: &str, chosen: Option<DgraphFault>) -> Result<bool, Status> {
        let next = self.0.next.lock().pop_front();
        let Some(fault) = next.or(chosen).or(*self.0.always.lock()) else {
            return Ok(false);
        };
        if let Some(status) = fault.status(sent) {
            return Err(status);
        }
        if fault == DgraphFault::Cut {
            return Ok(true);
        }
        struct Leaves<'a>(&'a Shared);
        impl Drop for Leaves<'_> {
            fn drop(&mut self) {
                self.0.left.update(|left| *left += 1);
            }
        }
        let _leaves = Leaves(&self.0);
        std::future::pending().await
    }

    /// Sends the spans of a query that was answered, if they are wanted.
    fn export(&self, called: Option<Called>, request: &Request) {
        let exporter = self.0.exporter.lock().clone();
        if let (Some(exporter), Some(called)) = (exporter, called) {
            let kind = match request.mutations.is_empty() {
                true => Kind::Read,
                false => Kind::Write,
            };
            tokio::spawn(async move { exporter.send(&called, kind).await });
        }
    }

    fn cut(&self, cut: bool) {
        if cut {
            self.0.wire.cut.store(true, Ordering::SeqCst);
        }
    }

    fn done(&self, request: &Request) -> Result<Response, Status> {
        let said = self.0.answers.lock().clone();
        let said = said.and_then(|answers| answers(request));
        let recorded = recordings::answer(request).filter(|_| said.is_none());
        if let Some(recorded) = recorded {
            return recorded;
        }
        let mut ledger = self.0.ledger.lock();
        let mut txn = TxnContext {
            start_ts: request.start_ts,
            ..TxnContext::default()
        };
        if txn.start_ts == 0 {
            txn.start_ts = ledger.begin();
        } else if request.hash != ledger.hash(txn.start_ts) {
            return Err(Status::unknown(
                "hash mismatch the claimed startTs|namespace",
            ));
        }
        txn.hash = ledger.hash(txn.start_ts);
        let (keys, preds) = Ledger::writes(&request.mutations);
        if request.commit_now {
            let aborted = || Status::aborted("Transaction has been aborted. Please retry");
            txn.commit_ts = ledger
                .commit(txn.start_ts, keys.iter())
                .ok_or_else(aborted)?;
        } else {
            txn.keys = keys.into_iter().collect();
        }
        txn.preds = preds.into_iter().collect();
        Ok(Response {
            json: said.unwrap_or_else(|| "{}".to_owned()).into_bytes(),
            txn: Some(txn),
            // A hundredth of what a real one takes: less than the way there and back, however fast the machine is.
            latency: Some(Latency {
                parsing_ns: 400,
                processing_ns: 3_000,
                encoding_ns: 100,
                assign_timestamp_ns: 4_000,
                total_ns: 7_600,
            }),
            metrics: Some(Metrics {
                num_uids: [("_total".to_owned(), 3)].into(),
            }),
            ..Response::default()
        })
    }
}

#[tonic::async_trait]
impl Dgraph for Service {
    async fn login(&self, request: tonic::Request<LoginRequest>) -> Answer<Response> {
        self.record("Login", request.metadata(), None, None);
        let mut login = self.0.login.lock();
        let wrong = || Status::unknown("invalid username or password");
        let login = login.as_mut().ok_or_else(wrong)?;
        let sent = request.get_ref();
        let refreshes = sent.refresh_token == format!("refresh-{}", login.given);
        let by_password = sent.userid == login.user && sent.password == login.password;
        if !(by_password || (refreshes && login.given > 0)) {
            return Err(wrong());
        }
        login.given = login.given.max(login.good.saturating_sub(1)) + 1;
        let jwt = Jwt {
            access_jwt: format!("access-{}", login.given),
            refresh_jwt: format!("refresh-{}", login.given),
        };
        Ok(tonic::Response::new(Response {
            json: jwt.encode_to_vec(),
            ..Response::default()
        }))
    }

    async fn query(&self, request: tonic::Request<Request>) -> Answer<Response> {
        let called = Called::new(request.metadata());
        let sent = request.get_ref();
        self.record("Query", request.metadata(), Some(sent.clone()), None);
        self.admit(request.metadata(), sent.start_ts > 0)?;
        let chosen = self.0.chosen.lock().clone();
        let chosen = chosen.and_then(|chosen| chosen(sent));
        let cut = self.fail(&format!("{sent:?}"), chosen).await?;
        let answer = self.done(sent)?;
        self.export(called, sent);
        self.cut(cut);
        Ok(tonic::Response::new(answer))
    }

    async fn alter(&self, request: tonic::Request<Operation>) -> Answer<Payload> {
        self.record("Alter", request.metadata(), None, None);
        self.admit(request.metadata(), false)?;
        let cut = self.fail(&request.get_ref().schema, None).await?;
        self.cut(cut);
        Ok(tonic::Response::new(Payload::default()))
    }

    async fn commit_or_abort(&self, request: tonic::Request<TxnContext>) -> Answer<TxnContext> {
        let sent = request.get_ref();
        self.record(
            "CommitOrAbort",
            request.metadata(),
            None,
            Some(sent.clone()),
        );
        self.admit(request.metadata(), true)?;
        let cut = self.fail("", None).await?;
        let mut ledger = self.0.ledger.lock();
        if sent.hash != ledger.hash(sent.start_ts) {
            return Err(Status::unknown(
                "hash mismatch the claimed startTs|namespace",
            ));
        }
        let aborted = || Status::aborted("Transaction has been aborted. Please retry");
        let ended = ledger.end(sent).ok_or_else(aborted)?;
        self.cut(cut);
        Ok(tonic::Response::new(ended))
    }

    async fn check_version(&self, request: tonic::Request<Check>) -> Answer<Version> {
        self.record("CheckVersion", request.metadata(), None, None);
        let always = *self.0.always.lock();
        if let Some(fault @ (DgraphFault::NotReady | DgraphFault::Draining)) = always {
            return Err(fault.status("").unwrap_or_else(|| Status::unknown("")));
        }
        let tag = self.0.version.lock().clone();
        Ok(tonic::Response::new(Version { tag }))
    }
}
