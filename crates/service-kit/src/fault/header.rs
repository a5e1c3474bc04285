//! What the header asks for: pure, and of any bytes that a header may hold.

use std::fmt;
use std::time::Duration;

use tonic::Code;

/// A fault that a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The call is answered with this code and goes no further.
    Error(Code),
    /// The handler panics.
    Panic,
    /// A task that the handler spawns panics.
    PanicSpawned,
    /// The body of the answer panics.
    PanicStream,
    /// The call goes on after this long.
    Delay(Duration),
    /// The call never goes on.
    Stall,
    /// The stream of the answer is reset after so many messages.
    ResetAfter(u32),
}

impl Fault {
    /// The fault that a header's value asks of `hop`: the first that names it and can be read.
    ///
    /// ```
    /// use throughline_service_kit::Fault;
    ///
    /// let asked = "gateway=delay:20,graph=error:UNAVAILABLE";
    /// assert_eq!(Fault::parse(asked, "graph"), Some(Fault::Error(tonic::Code::Unavailable)));
    /// assert_eq!(Fault::parse(asked, "store"), None);
    /// ```
    pub fn parse(value: &str, hop: &str) -> Option<Self> {
        value
            .split(',')
            .filter_map(|member| member.trim().split_once('='))
            .filter(|(name, _)| name.trim() == hop)
            .find_map(|(_, fault)| Self::of(fault.trim()))
    }

    fn of(fault: &str) -> Option<Self> {
        match fault.split_once(':') {
            None => match fault {
                "panic" => Some(Self::Panic),
                "panic-spawned" => Some(Self::PanicSpawned),
                "panic-stream" => Some(Self::PanicStream),
                "stall" => Some(Self::Stall),
                _ => None,
            },
            Some(("reset-after", messages)) => messages.parse().ok().map(Self::ResetAfter),
            Some(("error", code)) => code_of(code).map(Self::Error),
            Some(("delay", milliseconds)) => milliseconds
                .parse()
                .ok()
                .map(|milliseconds| Self::Delay(Duration::from_millis(milliseconds))),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(code) => write!(formatter, "error:{}", *code as i32),
            Self::Panic => formatter.write_str("panic"),
            Self::PanicSpawned => formatter.write_str("panic-spawned"),
            Self::PanicStream => formatter.write_str("panic-stream"),
            Self::Stall => formatter.write_str("stall"),
            Self::ResetAfter(messages) => write!(formatter, "reset-after:{messages}"),
            Self::Delay(delay) => write!(formatter, "delay:{}", delay.as_millis()),
        }
    }
}

/// A code by its number or its name, in either case. A fault is never OK.
fn code_of(text: &str) -> Option<Code> {
    const NAMES: [&str; 16] = [
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let number = match text.parse::<i32>() {
        Ok(number) => number,
        Err(_) => {
            1 + NAMES
                .iter()
                .position(|name| name.eq_ignore_ascii_case(text))? as i32
        }
    };
    (1..=16).contains(&number).then(|| Code::from_i32(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<Fault>) {
        assert_eq!(Fault::parse(value, "graph"), expected, "{value:?}");
    }

    #[test]
    fn faults_are_read_by_hop() {
        check(
            "graph=error:UNAVAILABLE",
            Some(Fault::Error(Code::Unavailable)),
        );
        check(
            "graph=error:unavailable",
            Some(Fault::Error(Code::Unavailable)),
        );
        check("graph=error:14", Some(Fault::Error(Code::Unavailable)));
        check(" graph = panic ", Some(Fault::Panic));
        check(
            "gateway=panic, graph=delay:5",
            Some(Fault::Delay(Duration::from_millis(5))),
        );
        check("graph=panic-spawned", Some(Fault::PanicSpawned));
        check("graph=panic-stream", Some(Fault::PanicStream));
        check("graph=stall", Some(Fault::Stall));
        check("graph=reset-after:2", Some(Fault::ResetAfter(2)));
        check("graph=nonsense,graph=panic", Some(Fault::Panic));
    }

    #[test]
    fn what_cannot_be_read_is_no_fault() {
        for value in [
            "",
            ",",
            "=",
            "graph",
            "graph=",
            "graph=error",
            "graph=error:0",
            "graph=error:17",
            "graph=error:-1",
            "graph=delay:-1",
            "graph=reset-after",
            "graph=reset-after:-1",
            "graph=stall:1",
            "graph=delay:99999999999999999999999",
            "graphs=panic",
            "gateway=panic",
        ] {
            check(value, None);
        }
    }
}
