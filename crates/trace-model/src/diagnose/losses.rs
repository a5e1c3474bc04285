//! What clients say that they dropped, where something is missing; and what the head
//! decided.

use std::collections::BTreeMap;

use crate::{Diagnosis, DiagnosisKind};

use super::orphans::sampled_away;
use super::scene::Scene;

pub(super) fn losses(scene: &Scene<'_>, found: &mut Vec<Diagnosis>) {
    let tree = scene.tree;
    if sampled_away(tree) {
        let rate = |key: &str| tree.sampling_context.get(key).map_or("?", String::as_str);
        found.push(plain(
            DiagnosisKind::SampledAway,
            "",
            format!(
                "the head decided not to sample this trace (sample_rate {}, sample_rand {})",
                rate("sample_rate"),
                rate("sample_rand")
            ),
        ));
    }
    // A whole trace has lost nothing.
    if !found.is_empty() {
        found.extend(reported(scene, |_| true));
    }
}

/// What clients of these services reported around the trace's time.
pub(super) fn reported(scene: &Scene<'_>, of: impl Fn(&str) -> bool) -> Vec<Diagnosis> {
    let mut sums = BTreeMap::<(&str, &str, &str), u64>::new();
    let tells = |category: &str| matches!(category, "transaction" | "span" | "error" | "log_item");
    for loss in &scene.tree.around.losses {
        if of(&loss.service) && tells(&loss.category) && loss.quantity > 0 {
            let sum = sums
                .entry((&loss.service, &loss.reason, &loss.category))
                .or_default();
            *sum = sum.saturating_add(loss.quantity);
        }
    }
    let mut found = Vec::new();
    for ((service, reason, category), quantity) in sums {
        // What was sampled away elsewhere tells nothing of a service that is here.
        let sampled = reason == "sample_rate";
        if sampled && scene.services.contains(service) {
            continue;
        }
        let kind = if sampled {
            DiagnosisKind::SampledAway
        } else {
            DiagnosisKind::LostInClient
        };
        let message = format!(
            "the client of {service} reports {quantity} {category} dropped by {reason} around this time"
        );
        found.push(plain(kind, service, message));
    }
    found
}

fn plain(kind: DiagnosisKind, service: &str, message: String) -> Diagnosis {
    Diagnosis {
        kind,
        service: service.to_owned(),
        side: None,
        message,
        span_ids: Vec::new(),
        other_trace_id: None,
    }
}
