//! The login of one client: made when it is first needed, refreshed when it has expired, by one call for all that wait.

use std::sync::Arc;

use parking_lot::Mutex;
use prost::Message as _;
use tokio::time::Instant;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};

use crate::{Error, Limits, Login, alpha::Alpha, api};

const ACCESS: &str = "accessjwt";

pub(crate) struct Session {
    login: Login,
    /// Counted, so that one who was refused can tell whether somebody has refreshed it since.
    tokens: Mutex<(u64, Option<Tokens>)>,
    renewing: tokio::sync::Mutex<()>,
}

struct Tokens {
    access: AsciiMetadataValue,
    refresh: String,
}

impl Session {
    pub(crate) fn new(login: Login) -> Self {
        Self {
            login,
            tokens: Mutex::new((0, None)),
            renewing: tokio::sync::Mutex::new(()),
        }
    }

    /// Adds the access token; returns which it is.
    pub(crate) async fn sign(
        &self,
        alpha: &Alpha,
        metadata: &mut MetadataMap,
        base: &MetadataMap,
        limits: &Limits,
    ) -> Result<u64, Error> {
        if let Some(number) = self.put(metadata) {
            return Ok(number);
        }
        self.renew(0, alpha, base, limits).await?;
        self.put(metadata).ok_or(Error::Credentials)
    }

    fn put(&self, metadata: &mut MetadataMap) -> Option<u64> {
        let tokens = self.tokens.lock();
        let access = tokens.1.as_ref()?.access.clone();
        metadata.insert(ACCESS, access);
        Some(tokens.0)
    }

    /// Gets other tokens than those with this number, unless somebody has: by the refresh token, else by the password.
    pub(crate) async fn renew(
        &self,
        number: u64,
        alpha: &Alpha,
        base: &MetadataMap,
        limits: &Limits,
    ) -> Result<(), Error> {
        let _one_at_a_time = self.renewing.lock().await;
        let refresh = {
            let tokens = self.tokens.lock();
            match &tokens.1 {
                Some(_) if tokens.0 != number => return Ok(()),
                tokens => tokens.as_ref().map(|it| it.refresh.clone()),
            }
        };
        let request = api::LoginRequest {
            namespace: self.login.namespace,
            ..api::LoginRequest::default()
        };
        let by_password = api::LoginRequest {
            userid: self.login.user.clone(),
            password: self.login.password.clone(),
            ..request.clone()
        };
        let log_in = |request: api::LoginRequest| {
            alpha.call(
                Arc::new(request),
                base.clone(),
                Instant::now() + limits.probe,
            )
        };
        let by_token = match refresh {
            Some(refresh_token) => {
                let request = api::LoginRequest {
                    refresh_token,
                    ..request
                };
                log_in(request).await.ok()
            }
            None => None,
        };
        let answer = match by_token {
            Some(answer) => answer,
            None => log_in(by_password).await?,
        };
        let jwt = api::Jwt::decode(answer.json.as_slice()).map_err(|_| Error::Malformed)?;
        let access = AsciiMetadataValue::try_from(jwt.access_jwt.as_str());
        let mut access = access.map_err(|_| Error::Malformed)?;
        access.set_sensitive(true);
        let mut tokens = self.tokens.lock();
        let refresh = jwt.refresh_jwt;
        *tokens = (tokens.0 + 1, Some(Tokens { access, refresh }));
        Ok(())
    }
}
