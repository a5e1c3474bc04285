//! Each of our client's requests as what dgraph-tonic has for it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use dgraph_tonic::{ClientVariant, IClient, Mutate, Mutation, Query, Response};
use throughline_dgraph_client::{
    Error, api,
    transport::{Answered, Asked, Carried, Transport},
};
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use crate::{
    DgraphTonic, error,
    login::{Client, Entered},
    message::{ours, theirs},
    open::{Held, Kept},
    ticket::Ticket,
};

impl Transport for DgraphTonic {
    fn carry(
        &self,
        alpha: &str,
        request: Asked,
        headers: http::HeaderMap,
        _: Duration,
    ) -> Carried<'_> {
        let client = self.client(alpha);
        let ticket = Arc::new(self.tickets.issue(headers));
        Box::pin(async move {
            let client = client?;
            let call = ticket.present(self.run(&client, request, &ticket));
            // Its spans hold what was sent, the password too.
            call.with_subscriber(NoSubscriber::default()).await
        })
    }
}

impl DgraphTonic {
    async fn run(
        &self,
        client: &Client,
        request: Asked,
        ticket: &Arc<Ticket>,
    ) -> Result<Answered, Error> {
        match request {
            Asked::Version(_) => {
                // By who is not logged in, too: it is how an alpha is asked whether it is ready.
                let version = client.plain().check_version().await;
                Ok(Answered::Version(ours(&version.map_err(failed)?)?))
            }
            Asked::Login(_) => Err(unable("logs in by itself")),
            Asked::End(context) => self.end(context).await,
            Asked::Query(request) if request.start_ts != 0 => self.go_on(request).await,
            request => {
                let entered = client.enter().await?;
                match self.attempt(client, &entered, &request, ticket).await {
                    // Once more, where the login has expired.
                    Err(Error::Expired | Error::Credentials) => {
                        let entered = client.renew(&entered).await?;
                        self.attempt(client, &entered, &request, ticket).await
                    }
                    answered => answered,
                }
            }
        }
    }

    async fn attempt(
        &self,
        client: &Client,
        entered: &Entered,
        request: &Asked,
        ticket: &Arc<Ticket>,
    ) -> Result<Answered, Error> {
        match (request, entered) {
            (Asked::Alter(operation), Entered::Plain) => alter(client.plain(), operation).await,
            (Asked::Alter(operation), Entered::As(acl)) => alter(acl, operation).await,
            (Asked::Query(request), Entered::Plain) => {
                self.begin(client.plain(), request, ticket, Held::Plain)
                    .await
            }
            (Asked::Query(request), Entered::As(acl)) => {
                self.begin(acl, request, ticket, Held::Acl).await
            }
            _ => Err(unable("knows no such request")),
        }
    }

    /// The first request of a transaction, and most often the last.
    async fn begin<S: IClient>(
        &self,
        client: &ClientVariant<S>,
        request: &api::Request,
        ticket: &Arc<Ticket>,
        hold: fn(dgraph_tonic::TxnMutatedType<S::Client>) -> Held,
    ) -> Result<Answered, Error> {
        let (query, vars) = (request.query.clone(), request.vars.clone());
        if request.read_only {
            let read = match request.best_effort {
                true => {
                    client
                        .new_best_effort_txn()
                        .query_with_vars(query, vars)
                        .await
                }
                false => {
                    client
                        .new_read_only_txn()
                        .query_with_vars(query, vars)
                        .await
                }
            };
            return answer(read).map(Answered::Response);
        }
        let mut transaction = client.new_mutated_txn();
        let mutations = mutations(request)?;
        if request.commit_now {
            let done = transaction.upsert_with_vars_and_commit_now(query, vars, mutations);
            return answer(done.await).map(Answered::Response);
        }
        let answered = answer(continued(&mut transaction, query, vars, mutations).await)?;
        let start_ts = answered.txn.as_ref().map_or(0, |txn| txn.start_ts);
        let held = hold(transaction);
        let _ticket = Arc::clone(ticket);
        self.open.lock().put(start_ts, Kept { held, _ticket });
        Ok(Answered::Response(answered))
    }

    /// A further one.
    async fn go_on(&self, request: api::Request) -> Result<Answered, Error> {
        if request.read_only {
            return Err(unable("reads at no given timestamp"));
        }
        let start_ts = request.start_ts;
        let kept = self.open.lock().take(start_ts);
        let mut kept = kept.ok_or(Error::TooOld)?;
        let mutations = mutations(&request)?;
        let (query, vars) = (request.query, request.vars);
        let answered = match (&mut kept.held, request.commit_now) {
            (Held::Plain(it), false) => continued(it, query, vars, mutations).await,
            (Held::Acl(it), false) => continued(it, query, vars, mutations).await,
            (_, true) => {
                let answered = match kept.held {
                    Held::Plain(it) => {
                        it.upsert_with_vars_and_commit_now(query, vars, mutations)
                            .await
                    }
                    Held::Acl(it) => {
                        it.upsert_with_vars_and_commit_now(query, vars, mutations)
                            .await
                    }
                };
                return answer(answered).map(Answered::Response);
            }
        };
        let answered = answer(answered)?;
        self.open.lock().put(start_ts, kept);
        Ok(Answered::Response(answered))
    }

    async fn end(&self, context: api::TxnContext) -> Result<Answered, Error> {
        let kept = self.open.lock().take(context.start_ts);
        let kept = kept.ok_or(Error::TooOld)?;
        let ended = match (kept.held, context.aborted) {
            (Held::Plain(it), false) => it.commit().await,
            (Held::Acl(it), false) => it.commit().await,
            (Held::Plain(it), true) => it.discard().await,
            (Held::Acl(it), true) => it.discard().await,
        };
        ended.map_err(failed)?;
        Ok(Answered::Ended(context))
    }
}

async fn alter<S: IClient>(
    client: &ClientVariant<S>,
    operation: &api::Operation,
) -> Result<Answered, Error> {
    let altered = client.alter(theirs(operation)?).await;
    Ok(Answered::Altered(ours(&altered.map_err(failed)?)?))
}

/// A request that does not end its transaction.
async fn continued<T: Query + Mutate>(
    transaction: &mut T,
    query: String,
    vars: HashMap<String, String>,
    mutations: Vec<Mutation>,
) -> anyhow::Result<Response> {
    match mutations.is_empty() {
        true => transaction.query_with_vars(query, vars).await,
        false => transaction.upsert_with_vars(query, vars, mutations).await,
    }
}

fn mutations(request: &api::Request) -> Result<Vec<Mutation>, Error> {
    request.mutations.iter().map(theirs).collect()
}

fn answer(answered: anyhow::Result<Response>) -> Result<api::Response, Error> {
    ours(&answered.map_err(failed)?)
}

fn failed(failure: anyhow::Error) -> Error {
    error::error(&failure)
}

fn unable(what: &str) -> Error {
    Error::Options(format!("dgraph-tonic {what}"))
}
