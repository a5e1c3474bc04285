//! Both ends of a unary call over loopback, with and without our layers.
//!
//! Valgrind counts a whole process, so each arm runs twice, with more calls the
//! second time; what the difference comes to is what the calls cost. One binary
//! holds all arms.

mod arm;
mod echo;
mod fresh;

use anyhow::{Context as _, bail, ensure};
use tokio::process::Command;

pub(crate) use self::arm::{Arm, run as run_arm};
use crate::report::Report;

/// The lengths of the two runs.
const CALLS: [u32; 2] = [500, 2_500];

/// Instructions that the layers of both ends may add to a sampled call.
const MOST_INSTRUCTIONS: f64 = 40_000.0;

/// What a call costs.
struct Cost {
    instructions: f64,
    allocations: f64,
}

pub(crate) async fn run(report: &mut Report) -> anyhow::Result<()> {
    if Command::new("valgrind")
        .arg("--version")
        .output()
        .await
        .is_err()
    {
        bail!("valgrind is needed: `apt-get install valgrind`");
    }
    for (name, bare, ours, most) in [
        ("sampled", Arm::BareSampled, Arm::Sampled, MOST_INSTRUCTIONS),
        (
            "unsampled",
            Arm::BareUnsampled,
            Arm::Unsampled,
            MOST_INSTRUCTIONS,
        ),
        (
            "no client",
            Arm::BareNoClient,
            Arm::NoClient,
            MOST_INSTRUCTIONS,
        ),
    ] {
        eprintln!("call: {name}, in eight runs under valgrind");
        let (bare, ours) = (cost(bare).await?, cost(ours).await?);
        report.note(
            &format!("call, {name}: instructions of the bare call"),
            format!("{:.0}", bare.instructions),
        );
        report.at_most(
            &format!("call, {name}: instructions that our layers add"),
            ours.instructions - bare.instructions,
            most,
            "instructions",
        );
        report.note(
            &format!("call, {name}: allocations of the bare call"),
            format!("{:.1}", bare.allocations),
        );
        report.note(
            &format!("call, {name}: allocations that our layers add"),
            format!("{:.1}", ours.allocations - bare.allocations),
        );
    }
    Ok(())
}

async fn cost(arm: Arm) -> anyhow::Result<Cost> {
    let mut instructions = [0.0; 2];
    let mut allocations = [0.0; 2];
    for (run, calls) in CALLS.into_iter().enumerate() {
        let none = "--callgrind-out-file=/dev/null";
        instructions[run] = count("callgrind", none, "Collected :", arm, calls).await?;
        let none = "--dhat-out-file=/dev/null";
        allocations[run] = count("dhat", none, "bytes in ", arm, calls).await?;
    }
    let more = f64::from(CALLS[1] - CALLS[0]);
    Ok(Cost {
        instructions: (instructions[1] - instructions[0]) / more,
        allocations: (allocations[1] - allocations[0]) / more,
    })
}

/// The first number after `label` in what the tool says of a run of an arm.
async fn count(tool: &str, out: &str, label: &str, arm: Arm, calls: u32) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .arg(format!("--tool={tool}"))
        .arg(out)
        .arg(std::env::current_exe()?)
        .args(["arm", &arm.to_string(), &calls.to_string()])
        .output()
        .await
        .context("valgrind cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {said}");
    number(&said, label).with_context(|| format!("valgrind did not count: {said}"))
}

pub(crate) fn number(said: &str, label: &str) -> Option<f64> {
    let (_, rest) = said.split_once(label)?;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(|it| it.is_ascii_digit() || *it == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valgrinds_numbers() {
        assert_eq!(
            number("==1== Collected : 12345\n", "Collected :"),
            Some(12345.0)
        );
        let dhat = "==1== Total:     34,020 bytes in 1,270 blocks";
        assert_eq!(number(dhat, "bytes in "), Some(1270.0));
        assert_eq!(number("nothing", "Collected :"), None);
    }
}
