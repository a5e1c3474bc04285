//! `client_report` items: what a client says that it dropped.

use serde_json::Value;

use crate::json::{clip, text};
use crate::{LossReport, Reason, Record, Timestamp, service};

use super::frame::Item;
use super::header::Header;
use super::payload;
use super::{Decoder, Outcome};

impl Decoder<'_> {
    pub(super) fn report(&mut self, item: &Item<'_>, header: &Header) -> Outcome {
        let payload = payload::json(item)?;
        let Some(discarded) = payload.get("discarded_events").and_then(Value::as_array) else {
            return Err(Some((Reason::Json, "no discarded_events".to_owned())));
        };
        let time = payload.get("timestamp").and_then(Timestamp::from_json);
        if discarded.len() > self.limits.entries {
            let detail = format!("{} losses", discarded.len());
            self.problem(Reason::TooManyEntries, &item.item_type, detail);
        }
        for loss in discarded.iter().take(self.limits.entries) {
            let (Some(reason), Some(category), Some(quantity)) = (
                text(loss, &["reason"]),
                text(loss, &["category"]),
                loss.get("quantity").and_then(Value::as_u64),
            ) else {
                self.problem(
                    Reason::Json,
                    &item.item_type,
                    "a loss without reason or quantity",
                );
                continue;
            };
            self.decoded.records.push(Record::LossReport(LossReport {
                service: clip(&service::of_source(&header.source, None), self.limits),
                reason: clip(reason, self.limits),
                category: clip(category, self.limits),
                quantity,
                time: time.unwrap_or(header.source.received),
            }));
        }
        Ok(())
    }
}
