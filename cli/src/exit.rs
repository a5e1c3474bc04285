//! What the exit code of a command says. Knows no command.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked; what was asserted holds.
    Success,
    /// It failed; what was asserted does not hold.
    Failure,
    /// What was asserted cannot be judged.
    CannotJudge,
    /// It was called wrongly (`EX_USAGE` of sysexits).
    Usage,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::CannotJudge => 2,
            Exit::Usage => 64,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// The command was called wrongly, in a way that its definition cannot tell.
#[derive(Debug)]
pub(crate) struct WrongUse(pub(crate) &'static str);

impl std::error::Error for WrongUse {}

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}
