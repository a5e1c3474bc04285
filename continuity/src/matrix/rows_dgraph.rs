//! The row of Dgraph: each fault on a double in the driver, which CI has, and on a real one where there is one.

use throughline_testkit::Mode;
use tonic::Code;

use super::rows::{CANCELLED, FINE, GENEROUS, INTERNAL, OVERDUE, UNAVAILABLE, at_graph, part};
use super::{Fault, On, Part, Row, Time, Trouble};
use crate::Expected;

/// The same on both.
const fn both(
    names: [&'static str; 2],
    trouble: Trouble,
    time: Time,
    expected: Expected,
) -> [Part; 2] {
    [
        part(names[0], Fault::Dgraph(On::Double, trouble), time, expected),
        part(names[1], Fault::Dgraph(On::Real, trouble), time, expected),
    ]
}

const BOTH: [&str; 2] = ["double", "real"];

/// The graph service ended as the caller saw, without an error of its own.
const fn ended(ran: &'static [(&'static str, Code)], code: Code) -> Expected {
    Expected {
        code,
        ran,
        store: true,
        event: None,
    }
}

/// An import goes to the graph service itself.
const IMPORT: Expected = at_graph(&[("graph", Code::Unavailable)], Code::Unavailable, true);

const KILLED: [Part; 4] = {
    let away = at_graph(UNAVAILABLE, Code::Unavailable, true);
    let names = ["double, in a query", "real, in a query"];
    let [one, two] = both(names, Trouble::KilledInQuery, Time::AtOnce, away);
    let names = ["double, in an import", "real, in an import"];
    let [three, four] = both(names, Trouble::KilledInImport, Time::AtOnce, IMPORT);
    [one, two, three, four]
};

const COLLECTOR: [Part; 4] = {
    let names = ["double, down", "real, down"];
    let down = Trouble::Collector(Mode::Refusing);
    let [one, two] = both(names, down, Time::AtOnce, FINE);
    let names = ["double, hanging", "real, hanging"];
    let hanging = Trouble::Collector(Mode::Hanging);
    let [three, four] = both(names, hanging, Time::WhileHeld(0), FINE);
    [one, two, three, four]
};

/// The hop.
pub(super) const DGRAPH: Row = Row {
    hop: "dgraph",
    cells: [
        &both(BOTH, Trouble::None, Time::AtOnce, FINE),
        &both(
            ["double, constraint error", "real, constraint error"],
            Trouble::Refused,
            Time::AtOnce,
            at_graph(INTERNAL, Code::Internal, true),
        ),
        &both(
            ["double, in the client's task", "real, in the client's task"],
            Trouble::Panic,
            Time::AtOnce,
            // It comes before the statement.
            at_graph(INTERNAL, Code::Internal, false),
        ),
        &both(
            BOTH,
            Trouble::Deadline(GENEROUS),
            Time::WhileHeld(GENEROUS),
            ended(OVERDUE, Code::DeadlineExceeded),
        ),
        &both(
            BOTH,
            Trouble::Cancelled,
            Time::Never,
            ended(CANCELLED, Code::Cancelled),
        ),
        &KILLED,
        &both(
            ["double, stopped", "real, stopped"],
            Trouble::Stopped(GENEROUS),
            Time::WhileHeld(GENEROUS),
            ended(OVERDUE, Code::DeadlineExceeded),
        ),
        // Its statements travel with the graph service's call.
        &COLLECTOR,
    ],
};
