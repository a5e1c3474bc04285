//! `trace intake`: what has come in at the inspector, what of it could not be
//! read, and what clients say they lost.

use std::collections::BTreeMap;

use throughline_api::inspector::v1::GetIntakeResponse;

use super::inspector::Inspector;
use crate::exit::Exit;
use crate::json;
use crate::options::IntakeOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::table::Table;
use crate::render::text::plural;

pub(crate) async fn run(
    mut inspector: Inspector,
    options: IntakeOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let intake = inspector.intake().await?;
    if options.json {
        output.print(&json::pretty(
            "throughline.inspector.v1.GetIntakeResponse",
            &intake,
        )?)?;
    } else {
        output.print(&draw(&intake, output.canvas()))?;
    }
    Ok(Exit::Success)
}

fn draw(intake: &GetIntakeResponse, canvas: &Canvas) -> String {
    let mut parts = vec![format!(
        "{}, {} on disk\n",
        plural(intake.envelope_count, "envelope"),
        plural(intake.stored_bytes, "byte"),
    )];
    if !intake.items.is_empty() {
        let mut table = Table::new(&["ITEM", ">COUNT"]);
        for item in &intake.items {
            table.row([item.r#type.clone(), item.count.to_string()]);
        }
        parts.push(table.draw(canvas));
    }
    if !intake.problems.is_empty() {
        let mut table = Table::new(&["COULD NOT BE READ", ">COUNT"]);
        for problem in &intake.problems {
            table.row([problem.reason.clone(), problem.count.to_string()]);
        }
        parts.push(table.draw(canvas));
    }
    if !intake.losses.is_empty() {
        parts.push(losses(intake, canvas));
    }
    parts.join("\n")
}

/// Services in order, and of each the greatest loss first.
fn losses(intake: &GetIntakeResponse, canvas: &Canvas) -> String {
    let mut by_service: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for loss in &intake.losses {
        by_service.entry(&loss.service).or_default().push(loss);
    }
    let mut table = Table::new(&["LOST BY", "REASON", "CATEGORY", ">COUNT"]);
    for (service, mut losses) in by_service {
        losses.sort_by_key(|loss| std::cmp::Reverse(loss.quantity));
        for loss in losses {
            table.row([
                service.to_owned(),
                loss.reason.clone(),
                loss.category.clone(),
                loss.quantity.to_string(),
            ]);
        }
    }
    table.draw(canvas)
}

#[cfg(test)]
mod tests {
    use throughline_api::inspector::v1::{ItemCount, LossCount, ProblemCount};

    use super::*;

    fn loss(service: &str, reason: &str, quantity: i64) -> LossCount {
        LossCount {
            service: service.into(),
            reason: reason.into(),
            category: "transaction".into(),
            quantity,
        }
    }

    #[test]
    fn each_kind_has_its_table() {
        let intake = GetIntakeResponse {
            envelope_count: 3,
            stored_bytes: 1,
            items: vec![ItemCount {
                r#type: "transaction".into(),
                count: 2,
            }],
            problems: vec![ProblemCount {
                reason: "bad_header".into(),
                count: 1,
            }],
            losses: vec![
                loss("web", "queue_overflow", 2),
                loss("api", "network", 1),
                loss("web", "ratelimit", 9),
            ],
        };
        let expected = "\
3 envelopes, 1 byte on disk

ITEM         COUNT
transaction      2

COULD NOT BE READ  COUNT
bad_header             1

LOST BY  REASON          CATEGORY     COUNT
api      network         transaction      1
web      ratelimit       transaction      9
web      queue_overflow  transaction      2
";
        assert_eq!(draw(&intake, &Canvas::PIPE), expected);
        let nothing = GetIntakeResponse::default();
        assert_eq!(
            draw(&nothing, &Canvas::PIPE),
            "0 envelopes, 0 bytes on disk\n"
        );
    }
}
