//! The transport's thread: takes envelopes, serialises them, sends several at once, reports what was lost. All that
//! costs anything happens here, off the callers' threads. What comes is serialised before anything else, for what
//! waits as bytes takes the least room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use sentry_core::Envelope;
use sentry_core::protocol::client_report::Reason;
use sentry_core::protocol::{EnvelopeFilterCallbacks, EnvelopeItem};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::http::{Answer, Collector, Outcome};
use super::losses::{Ledger, losses_of};
use super::parcel::{AtStake, Packed, Parcel};
use super::queue::Queue;
use super::rate_limit::RateLimits;
use super::{Limits, Resource, wire};
use crate::counters::{self, Counter};

/// What callers ask of the thread. The queue's tickets bound how many of them can wait.
pub(super) enum Command {
    Send(Box<Parcel>),
    /// Somebody waits for all to be sent: report now.
    Flush,
    /// Send what there is, then finish.
    Close,
}

pub(super) struct Worker {
    pub(super) collector: Collector,
    pub(super) queue: Arc<Queue>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) resource: Resource,
    pub(super) limits: Limits,
    pub(super) abort: Arc<Notify>,
}

type Sending = JoinSet<(AtStake, Outcome)>;

impl Worker {
    /// Runs until it is closed or aborted.
    pub(super) async fn run(self, mut commands: UnboundedReceiver<Command>) {
        let mut waiting: VecDeque<Packed> = VecDeque::new();
        let mut sending = Sending::new();
        let mut rate_limits = RateLimits::default();
        let mut closing = false;
        let mut last_words = false;
        let mut last_report: Option<Instant> = None;
        let mut ticks = tokio::time::interval(self.limits.report_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            while sending.len() < self.limits.requests_in_flight.max(1) {
                let Some(packed) = waiting.pop_front() else {
                    break;
                };
                self.dispatch(packed, &rate_limits, &mut sending);
            }
            if closing && sending.is_empty() {
                // One report on the way out; if that fails too, only the totals know.
                if std::mem::replace(&mut last_words, true) || !self.report(&mut sending) {
                    break;
                }
            }
            tokio::select! {
                biased;
                () = self.abort.notified() => break,
                Some(done) = sending.join_next() => {
                    if let Ok((at_stake, outcome)) = done {
                        let arrived = self.settle(at_stake, outcome, &mut rate_limits);
                        let due = last_report.is_none_or(|at| at.elapsed() >= self.limits.report_interval);
                        if arrived && due && !closing && self.report(&mut sending) {
                            last_report = Some(Instant::now());
                        }
                    }
                }
                command = commands.recv(), if !closing => {
                    let mut next = Some(command.unwrap_or(Command::Close));
                    while let Some(command) = next {
                        match command {
                            Command::Send(parcel) => waiting.extend(self.pack(*parcel, &rate_limits)),
                            Command::Flush => {
                                self.report(&mut sending);
                            }
                            Command::Close => closing = true,
                        }
                        next = if closing { None } else { commands.try_recv().ok() };
                    }
                }
                _ = ticks.tick(), if !closing => {
                    self.report(&mut sending);
                }
            }
        }
        self.finish(sending, waiting, commands).await;
    }

    /// Serialises an envelope, or what the rate limits leave of it.
    fn pack(&self, parcel: Parcel, rate_limits: &RateLimits) -> Option<Packed> {
        let Some(envelope) = self.admitted(parcel.envelope, rate_limits) else {
            counters::add(Counter::EnvelopeRateLimited, 1);
            return None;
        };
        let losses = losses_of(&envelope);
        let envelope = self.resource.stamp(envelope);
        let Ok(bytes) = wire::encode(&envelope, parcel.context.as_ref()) else {
            self.ledger.record(&losses, Reason::InternalSdkError);
            return None;
        };
        let mut ticket = parcel.ticket;
        ticket.resize(bytes.len());
        let at_stake = AtStake::envelope(losses, self.ledger.clone(), ticket);
        Some(Packed { bytes, at_stake })
    }

    /// Starts a request, unless the collector has asked to be spared of it since it was serialised: then it is lost as a
    /// whole, for bytes are not taken apart again.
    fn dispatch(&self, packed: Packed, rate_limits: &RateLimits, sending: &mut Sending) {
        let Packed { bytes, at_stake } = packed;
        let now = Instant::now();
        if rate_limits.any(now) && rate_limits.forbid_any(at_stake.losses(), now) {
            counters::add(Counter::EnvelopeRateLimited, 1);
            at_stake.lose(Reason::RatelimitBackoff);
            return;
        }
        self.send(bytes, at_stake, sending);
    }

    /// What the collector has not asked to be spared of.
    fn admitted(&self, envelope: Envelope, rate_limits: &RateLimits) -> Option<Envelope> {
        let now = Instant::now();
        if !rate_limits.any(now) {
            return Some(envelope);
        }
        let headers = envelope.headers().clone();
        let filter = EnvelopeFilterCallbacks::new(
            |item: &EnvelopeItem| !rate_limits.forbid_any(&losses_of(item), now),
            |item: EnvelopeItem| {
                self.ledger
                    .record(&losses_of(&item), Reason::RatelimitBackoff)
            },
        );
        Some(envelope.filter(filter)?.with_headers(headers))
    }

    /// Enters what became of a request; whether it arrived.
    fn settle(&self, at_stake: AtStake, outcome: Outcome, rate_limits: &mut RateLimits) -> bool {
        match outcome {
            Outcome::Answered(answer) => self.answered(at_stake, &answer, rate_limits),
            Outcome::TimedOut => {
                counters::add(Counter::EnvelopeTimeout, 1);
                at_stake.lose(Reason::NetworkError);
                false
            }
            Outcome::Unreachable => {
                counters::add(Counter::EnvelopeNetwork, 1);
                at_stake.lose(Reason::NetworkError);
                false
            }
        }
    }

    fn answered(&self, at_stake: AtStake, answer: &Answer, rate_limits: &mut RateLimits) -> bool {
        let now = Instant::now();
        let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
        match &answer.rate_limits {
            Some(header) => rate_limits.update(header, now, self.limits.backoff),
            None if limited => {
                rate_limits.back_off(answer.retry_after.as_deref(), now, self.limits.backoff);
            }
            None => {}
        }
        if limited {
            // A collector that limits counts this loss itself; in a report it would count twice.
            counters::add(Counter::EnvelopeRateLimited, 1);
            at_stake.settle();
        } else if answer.status.is_success() {
            at_stake.settle();
            return true;
        } else {
            counters::add(Counter::EnvelopeRefused, 1);
            at_stake.lose(Reason::SendError);
        }
        false
    }

    /// Starts a report of what was lost; whether there was something.
    fn report(&self, sending: &mut Sending) -> bool {
        let Some(report) = self.ledger.take_report() else {
            return false;
        };
        let at_stake = AtStake::report(losses_of(&report), self.ledger.clone());
        let mut envelope = Envelope::new();
        envelope.add_item(report);
        let Ok(bytes) = wire::encode(&envelope, None) else {
            at_stake.lose(Reason::InternalSdkError);
            return false;
        };
        self.send(bytes, at_stake, sending);
        true
    }

    fn send(&self, bytes: Bytes, at_stake: AtStake, sending: &mut Sending) {
        let collector = self.collector.clone();
        sending.spawn(async move { (at_stake, collector.send(bytes).await) });
    }

    /// Gives up what is left, and says once what was lost.
    async fn finish(
        self,
        mut sending: Sending,
        waiting: VecDeque<Packed>,
        mut commands: UnboundedReceiver<Command>,
    ) {
        sending.shutdown().await;
        commands.close();
        for packed in waiting {
            counters::add(Counter::EnvelopeShutdown, 1);
            packed.at_stake.lose(Reason::NetworkError);
        }
        while let Ok(command) = commands.try_recv() {
            if let Command::Send(parcel) = command {
                counters::add(Counter::EnvelopeShutdown, 1);
                let losses = losses_of(&parcel.envelope);
                self.ledger.record(&losses, Reason::NetworkError);
            }
        }
        let lost = self.ledger.total();
        if !lost.is_empty() {
            let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
            tracing::warn!(
                lost = lost.join(", "),
                "telemetry was lost on the way to the collector"
            );
        }
        self.queue.finish();
    }
}
