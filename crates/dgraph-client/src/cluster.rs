//! The alphas of one Dgraph: which is asked next, and what is asked again of another. It knows no transaction.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant as Clock},
};

use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::{
    Error, Options,
    alpha::{Alpha, Health},
    connect,
    rpc::Rpc,
    session::Session,
};

pub(crate) struct Cluster {
    alphas: Vec<Alpha>,
    next: AtomicUsize,
    session: Option<Session>,
    options: Options,
}

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Also when it may have been done: it only reads.
    Reads,
    /// Only when it certainly was not.
    Undone,
}

/// An answer, and how it was come by.
pub(crate) struct Answered<A> {
    pub(crate) answer: A,
    pub(crate) alpha: usize,
    /// How often it was sent again.
    pub(crate) retries: usize,
    /// How long the attempt took that was answered.
    pub(crate) taken: Duration,
}

impl Cluster {
    pub(crate) fn new(options: Options) -> Result<Self, Error> {
        let tls = options.tls.as_ref().map(connect::tls).transpose()?;
        let alphas = options.alphas.iter().map(|address| {
            let channel = connect::channel(address, tls.as_ref(), &options.limits)?;
            let transport = options.transport.clone();
            Ok(Alpha::new(
                address.clone(),
                channel,
                transport,
                &options.limits,
            ))
        });
        let alphas = alphas.collect::<Result<Vec<_>, Error>>()?;
        if alphas.is_empty() {
            return Err(Error::Options("there is no alpha".to_owned()));
        }
        Ok(Self {
            alphas,
            next: AtomicUsize::new(0),
            session: options.login.clone().map(Session::new),
            options,
        })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn address(&self, alpha: usize) -> &str {
        &self.alphas[alpha].address
    }

    /// When the time of a call that begins now is up.
    pub(crate) fn deadline(&self) -> Instant {
        let call = self.options.limits.call;
        let left = self.options.carrier.remaining();
        Instant::now() + left.map_or(call, |left| left.min(call))
    }

    /// The version of an alpha that is ready.
    pub(crate) async fn version(&self) -> Result<String, Error> {
        let mut failed = Error::Unreachable;
        for alpha in &self.alphas {
            match alpha.check(&self.options.limits, self.metadata()).await {
                Ok(tag) => return Ok(tag),
                Err(error @ Error::Version { .. }) => return Err(error),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Sends a request, first to this alpha if one is named.
    pub(crate) async fn call<Q: Rpc>(
        &self,
        message: Arc<Q>,
        first: Option<usize>,
        repeat: Repeat,
        until: Instant,
    ) -> Result<Answered<Q::Answer>, Error> {
        let limits = &self.options.limits;
        let mut last = None;
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            let at = match (attempt, first) {
                (0, Some(first)) => first,
                _ => self.choose(last),
            };
            let begun = Clock::now();
            let error = match self.attempt(at, &message, until, &mut renewed).await {
                Ok(answer) => {
                    return Ok(Answered {
                        answer,
                        alpha: at,
                        retries: attempt,
                        taken: begun.elapsed(),
                    });
                }
                Err(error) => error,
            };
            if error.is_the_alphas() {
                self.alphas[at].rest(limits.rest);
            } else if error == Error::Deadline && self.alphas.len() > 1 {
                // The statement may have been slow; or it is cut off, and would cost others their time, too.
                self.alphas[at].doubt();
            }
            let again = match repeat {
                Repeat::Reads => error.is_the_alphas(),
                Repeat::Undone => error.is_the_alphas() && error.did_nothing(),
            };
            attempt += 1;
            let pause = limits.pause(attempt);
            if !again || attempt >= limits.attempts || Instant::now() + pause >= until {
                return Err(error);
            }
            // The other alphas first, without a pause.
            if attempt % self.alphas.len() == 0 {
                tokio::time::sleep(pause).await;
            }
            last = Some(at);
        }
    }

    async fn attempt<Q: Rpc>(
        &self,
        at: usize,
        message: &Arc<Q>,
        until: Instant,
        renewed: &mut bool,
    ) -> Result<Q::Answer, Error> {
        let alpha = &self.alphas[at];
        let limits = &self.options.limits;
        let base = self.metadata();
        if alpha.health() != Health::Good {
            alpha.check(limits, base.clone()).await?;
        }
        let message = || Arc::clone(message);
        let Some(session) = &self.session else {
            return alpha.call(message(), base, until).await;
        };
        let mut metadata = base.clone();
        let number = session.sign(alpha, &mut metadata, &base, limits).await?;
        let answer = alpha.call(message(), metadata, until).await;
        // An expired login is said by code or by text, by some versions as no login at all.
        let expired = matches!(answer, Err(Error::Expired | Error::Credentials));
        if !expired || std::mem::replace(renewed, true) {
            return answer;
        }
        session.renew(number, alpha, &base, limits).await?;
        let mut metadata = base.clone();
        session.sign(alpha, &mut metadata, &base, limits).await?;
        alpha.call(message(), metadata, until).await
    }

    /// The next alpha in turn that is well or has rested, else any; not the last, if there is another.
    fn choose(&self, last: Option<usize>) -> usize {
        let count = self.alphas.len();
        let begin = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = || (0..count).map(|step| begin.wrapping_add(step) % count);
        let others = || turn().filter(|at| count == 1 || Some(*at) != last);
        others()
            .find(|at| self.alphas[*at].health() != Health::Rests)
            .or_else(|| others().next())
            .unwrap_or(0)
    }

    /// What goes with a call that is made now.
    fn metadata(&self) -> MetadataMap {
        let mut headers = http::HeaderMap::new();
        self.options.carrier.write(&mut headers);
        MetadataMap::from_headers(headers)
    }
}
