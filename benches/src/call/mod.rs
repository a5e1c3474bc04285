//! Both ends of a unary call over loopback, with and without our layers. One binary
//! holds all arms.

mod arm;
mod echo;
mod fresh;

use tokio::process::Command;

pub(crate) use self::arm::{Arm, run as run_arm};
use crate::callgrind::{self, Cost};
use crate::report::Report;

/// The lengths of the two runs.
const CALLS: [u32; 2] = [500, 2_500];

/// Instructions that the layers of both ends may add to a sampled call.
const MOST_INSTRUCTIONS: f64 = 40_000.0;

pub(crate) async fn run(report: &mut Report) -> anyhow::Result<()> {
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
        eprintln!("call: {name}, in four runs under valgrind");
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
    let here = std::env::current_exe()?;
    let program = |calls: u32| {
        let mut program = Command::new(&here);
        program.args(["arm", &arm.to_string(), &calls.to_string()]);
        program
    };
    callgrind::cost(CALLS, program).await
}
