//! Sending batches, call by call, so that it is known what is in. Where a call breaks
//! off, the service is asked where to go on, so that each batch is written once.

use std::time::Duration;

use anyhow::Context as _;
use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Code, Request};

use super::Limits;
use super::progress::Progress;
use crate::failure::CallFailed;
use crate::graph::Graph;
use crate::output::Output;
use crate::render::text::plural;

/// What is to be sent, how, and to whom.
pub(super) struct Sender<'a> {
    pub(super) service: Graph,
    pub(super) authorization: Option<MetadataValue<Ascii>>,
    pub(super) import_id: String,
    pub(super) progress: Progress,
    pub(super) output: &'a Output,
    pub(super) limits: Limits,
    /// How often in a row a call may fail and be tried again.
    pub(super) retries: u32,
    pub(super) batches: &'a [ImportGraphRequest],
}

impl Sender<'_> {
    /// Sends all batches that are not in yet; returns how many were.
    pub(super) async fn run(&mut self, restart: bool) -> anyhow::Result<usize> {
        // One for all calls: a signal between two of them must not be lost.
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        let mut last = 0;
        let sent = tokio::select! {
            sent = self.send(restart, &mut last) => sent,
            _ = &mut interrupt => Err(anyhow::anyhow!("interrupted")),
        };
        sent.map_err(|why| going_on(why, last, self.batches.len()))
    }

    async fn send(&mut self, restart: bool, last: &mut usize) -> anyhow::Result<usize> {
        let total = self.batches.len();
        self.progress.begin(items(self.batches));
        let before = self.ask().await?;
        // One that is all in is not to be gone on with, but to be made again.
        let anew = restart || before == total;
        if !anew {
            *last = self.in_bounds(before)?;
        }
        let begin = *last;
        if begin > 0 {
            let going_on = format!(
                "going on: {begin} of {} are in",
                plural(total as i64, "batch")
            );
            self.progress.step(self.output, &going_on);
        }
        let mut failures = 0;
        while *last < total {
            self.progress.set(items(&self.batches[..*last]));
            match self.call(*last).await {
                Ok(answer) => {
                    failures = 0;
                    *last = usize::try_from(answer.last_sequence)?;
                    if *last < total {
                        let are_in = format!("{last} of {} are in", plural(total as i64, "batch"));
                        self.progress.step(self.output, &are_in);
                    }
                }
                Err(failed) => {
                    let found = self.find_place(failed, &mut failures).await?;
                    // What is known then may still be of the time before.
                    if !(anew && *last == 0) {
                        *last = found;
                    }
                }
            }
        }
        Ok(begin)
    }

    /// Waits until the service says where to go on; gives up if it fails too often in a row.
    async fn find_place(
        &self,
        mut failed: CallFailed,
        failures: &mut u32,
    ) -> anyhow::Result<usize> {
        loop {
            if !failed.may_pass() || *failures >= self.retries {
                return Err(failed.into());
            }
            let wait = self.wait(*failures, &failed);
            *failures += 1;
            let count = format!("{failures} of {}", self.retries);
            let seconds = wait.as_secs_f64();
            let again = format!("{failed}\ntrying again in {seconds} s ({count})");
            self.progress.step(self.output, &again);
            tokio::time::sleep(wait).await;
            match self.ask().await {
                Ok(last) => return self.in_bounds(last),
                Err(again) => failed = again,
            }
        }
    }

    /// Twice as long each time, and not shorter than the service asks for.
    fn wait(&self, failures: u32, failed: &CallFailed) -> Duration {
        let doubled = self.limits.first_wait * 2_u32.saturating_pow(failures.min(16));
        let asked = failed.retry_after().unwrap_or_default();
        doubled.max(asked).min(self.limits.longest_wait)
    }

    fn in_bounds(&self, last: usize) -> anyhow::Result<usize> {
        let total = self.batches.len();
        anyhow::ensure!(
            last <= total,
            "{} of the import `{}` are in, and here are only {total}: it is another import; \
             --restart begins it anew",
            plural(last as i64, "batch"),
            self.import_id
        );
        Ok(last)
    }

    /// How many batches are in.
    async fn ask(&self) -> Result<usize, CallFailed> {
        let asks = ImportGraphRequest {
            import_id: self.import_id.clone(),
            ..ImportGraphRequest::default()
        };
        let answer = self.import(vec![asks]).await?;
        Ok(usize::try_from(answer.last_sequence).unwrap_or(usize::MAX))
    }

    /// Sends some of the batches after the `last`.
    async fn call(&self, last: usize) -> Result<ImportGraphResponse, CallFailed> {
        let batches = self
            .batches
            .iter()
            .skip(last)
            .take(self.limits.call_batches);
        let batches = batches.map(|batch| ImportGraphRequest {
            import_id: self.import_id.clone(),
            ..batch.clone()
        });
        self.import(batches.collect()).await
    }

    async fn import(
        &self,
        batches: Vec<ImportGraphRequest>,
    ) -> Result<ImportGraphResponse, CallFailed> {
        let mut request = Request::new(tokio_stream::iter(batches));
        if let Some(authorization) = self.authorization.clone() {
            request
                .metadata_mut()
                .insert("authorization", authorization);
        }
        let answer = self.service.client.clone().import_graph(request).await;
        self.service.answer(answer)
    }
}

impl CallFailed {
    /// Whether the same import may well go on later: the service says so, or it was not
    /// the service that answered.
    fn may_pass(&self) -> bool {
        match self.code() {
            Code::Unavailable | Code::Aborted | Code::DeadlineExceeded => true,
            Code::Unknown | Code::Internal | Code::Cancelled => !self.has_reason(),
            _ => false,
        }
    }
}

fn items(batches: &[ImportGraphRequest]) -> u64 {
    let each = batches
        .iter()
        .map(|batch| batch.nodes.len() + batch.edges.len());
    each.sum::<usize>() as u64
}

/// What was sent before stays, and whoever asks for the same goes on there.
fn going_on(why: anyhow::Error, last: usize, total: usize) -> anyhow::Error {
    if last == 0 {
        return why;
    }
    anyhow::anyhow!(
        "{why:#}\n{last} of {} are in: the same import again goes on there",
        plural(total as i64, "batch")
    )
}

/// What a writer shows.
pub(crate) fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
        .parse()
        .context("the token must be printable ASCII")?;
    value.set_sensitive(true);
    Ok(value)
}
