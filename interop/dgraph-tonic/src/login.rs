//! One alpha as dgraph-tonic sees it, and the login: made when it is first needed, refreshed when it has expired.

use std::sync::Arc;

use dgraph_tonic::{AclClientType, LazyChannel};
use throughline_dgraph_client::{Error, Login};

use crate::{error, ticket::Puncher};

type Acl = AclClientType<LazyChannel>;

/// dgraph-tonic's client of one alpha.
pub(crate) struct Client {
    origin: String,
    login: Option<Login>,
    plain: dgraph_tonic::Client,
    acl: tokio::sync::Mutex<Option<Arc<Acl>>>,
}

/// It, as it may be used at the moment.
#[derive(Clone)]
pub(crate) enum Entered {
    Plain,
    As(Arc<Acl>),
}

impl Client {
    pub(crate) fn new(origin: String, login: Option<Login>) -> Result<Self, Error> {
        Ok(Self {
            plain: plain(&origin)?,
            origin,
            login,
            acl: tokio::sync::Mutex::default(),
        })
    }

    /// The client without a login.
    pub(crate) fn plain(&self) -> &dgraph_tonic::Client {
        &self.plain
    }

    /// Logs in, unless that is done or not asked for.
    pub(crate) async fn enter(&self) -> Result<Entered, Error> {
        let Some(login) = &self.login else {
            return Ok(Entered::Plain);
        };
        let mut acl = self.acl.lock().await;
        match &*acl {
            Some(acl) => Ok(Entered::As(Arc::clone(acl))),
            None => Ok(Entered::As(Arc::clone(
                acl.insert(self.log_in(login).await?),
            ))),
        }
    }

    /// Renews a login that has expired, unless somebody has since it was given out.
    pub(crate) async fn renew(&self, expired: &Entered) -> Result<Entered, Error> {
        let (Some(login), Entered::As(expired)) = (&self.login, expired) else {
            return Err(Error::Credentials);
        };
        let mut acl = self.acl.lock().await;
        if let Some(current) = acl.as_ref().filter(|it| !Arc::ptr_eq(it, expired)) {
            return Ok(Entered::As(Arc::clone(current)));
        }
        // By the password: a refresh by its token would change what others hold, and not tell them.
        Ok(Entered::As(Arc::clone(
            acl.insert(self.log_in(login).await?),
        )))
    }

    async fn log_in(&self, login: &Login) -> Result<Arc<Acl>, Error> {
        let client = plain(&self.origin)?;
        let (user, password) = (login.user.clone(), login.password.clone());
        let entered = client.login_into_namespace(user, password, login.namespace);
        entered.await.map(Arc::new).map_err(|it| error::error(&it))
    }
}

fn plain(origin: &str) -> Result<dgraph_tonic::Client, Error> {
    let client = dgraph_tonic::Client::new_with_endpoint_config(origin, Puncher);
    client.map_err(|it| error::error(&it))
}
