//! The rows. A later hop adds one.

use throughline_testkit::Mode;
use tonic::Code;

use super::{Call, Fault, Part, Row};
use crate::Expected;

/// Long enough that a call which waits for it is still under way whatever the machine does.
const ENDLESS: &str = "delay:60000";

const fn part(name: &'static str, fault: Fault, expected: Expected) -> Part {
    Part {
        name,
        fault: Ok(fault),
        expected,
    }
}

const fn pending(name: &'static str, why: &'static str) -> Part {
    Part {
        name,
        fault: Err(why),
        expected: FINE,
    }
}

/// The whole chain ran and all is well.
const FINE: Expected = Expected {
    code: Code::Ok,
    ran: &[("gateway", Code::Ok), ("graph", Code::Ok)],
    store: true,
    event: None,
};

/// The gateway failed by itself, and nothing behind it ran.
const fn gateway_alone(ran: &'static [(&'static str, Code)], code: Code) -> Expected {
    Expected {
        code,
        ran,
        store: false,
        event: Some("gateway"),
    }
}

/// The graph service failed, before the store was asked or at it.
const fn at_graph(ran: &'static [(&'static str, Code)], code: Code, store: bool) -> Expected {
    Expected {
        code,
        ran,
        store,
        event: Some("graph"),
    }
}

const INTERNAL: &[(&str, Code)] = &[("gateway", Code::Internal), ("graph", Code::Internal)];
const UNAVAILABLE: &[(&str, Code)] =
    &[("gateway", Code::Unavailable), ("graph", Code::Unavailable)];

const OVERDUE: &[(&str, Code)] = &[
    ("gateway", Code::DeadlineExceeded),
    ("graph", Code::DeadlineExceeded),
];

/// All hops.
pub const ROWS: &[Row] = &[
    Row {
        hop: "gateway",
        cells: [
            &[part("", Fault::None(Call::Read), FINE)],
            &[part(
                "",
                Fault::Asked("gateway", "error:INTERNAL", Call::Read),
                gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
            )],
            &[
                part(
                    "in handler",
                    Fault::Asked("gateway", "panic", Call::Read),
                    gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
                ),
                part(
                    "in spawned task",
                    Fault::Asked("gateway", "panic-spawned", Call::Read),
                    gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
                ),
                part(
                    "in stream",
                    Fault::Asked("gateway", "panic-stream", Call::Read),
                    Expected {
                        code: Code::Internal,
                        ran: &[("gateway", Code::Internal), ("graph", Code::Ok)],
                        store: true,
                        event: Some("gateway"),
                    },
                ),
            ],
            &[part(
                "",
                Fault::Deadline("gateway", ENDLESS, 500),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: &[("gateway", Code::DeadlineExceeded)],
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Cancelled("gateway", ENDLESS),
                Expected {
                    code: Code::Cancelled,
                    ran: &[("gateway", Code::Cancelled)],
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Killed("gateway"),
                Expected {
                    code: Code::Unavailable,
                    ran: &[],
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Asked("gateway", "delay:200", Call::Read),
                FINE,
            )],
            &[
                part(
                    "down",
                    Fault::Collector("gateway", Mode::Refusing, Call::Read),
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("gateway", Mode::Hanging, Call::Read),
                    FINE,
                ),
            ],
        ],
    },
    Row {
        hop: "graph",
        cells: [
            &[part("", Fault::None(Call::Write), FINE)],
            &[part(
                "",
                Fault::Asked("graph", "error:INTERNAL", Call::Read),
                at_graph(INTERNAL, Code::Internal, false),
            )],
            &[
                part(
                    "in handler",
                    Fault::Asked("graph", "panic", Call::Read),
                    at_graph(INTERNAL, Code::Internal, false),
                ),
                part(
                    "in spawned task",
                    Fault::Asked("graph", "panic-spawned", Call::Read),
                    at_graph(INTERNAL, Code::Internal, false),
                ),
                part(
                    "in stream",
                    Fault::Asked("graph", "panic-stream", Call::Read),
                    at_graph(INTERNAL, Code::Internal, true),
                ),
            ],
            &[part(
                "",
                Fault::Deadline("graph", ENDLESS, 500),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: OVERDUE,
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Cancelled("graph", ENDLESS),
                Expected {
                    code: Code::Cancelled,
                    ran: &[("gateway", Code::Cancelled), ("graph", Code::Cancelled)],
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Killed("graph"),
                gateway_alone(&[("gateway", Code::Unavailable)], Code::Unavailable),
            )],
            &[part(
                "",
                Fault::Asked("graph", "delay:200", Call::Read),
                FINE,
            )],
            &[
                part(
                    "down",
                    Fault::Collector("graph", Mode::Refusing, Call::Read),
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("graph", Mode::Hanging, Call::Read),
                    FINE,
                ),
            ],
        ],
    },
    Row {
        hop: "store",
        cells: [
            &[part("", Fault::None(Call::Read), FINE)],
            &[part(
                "constraint error",
                Fault::Sql(CONSTRAINT, Call::Write),
                at_graph(INTERNAL, Code::Internal, true),
            )],
            &[part(
                "in blocking work",
                Fault::Asked("store", "panic", Call::Read),
                // It comes before the statement.
                at_graph(INTERNAL, Code::Internal, false),
            )],
            &[part(
                "interrupted query",
                Fault::Deadline("store", "stall", 2000),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: OVERDUE,
                    store: true,
                    event: None,
                },
            )],
            // The fault's line comes before its query: a quick cancel finds none to interrupt.
            &[pending(
                "interrupted query",
                "the driver cannot tell yet that the query has begun",
            )],
            &[part(
                "file corrupt",
                Fault::Sql(CORRUPT, Call::Read),
                at_graph(UNAVAILABLE, Code::Unavailable, true),
            )],
            &[part(
                "lock held",
                Fault::Locked,
                at_graph(UNAVAILABLE, Code::Unavailable, true),
            )],
            // Its statements travel with the graph service's call.
            &[
                part(
                    "down",
                    Fault::Collector("graph", Mode::Refusing, Call::Write),
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("graph", Mode::Hanging, Call::Write),
                    FINE,
                ),
            ],
        ],
    },
];

/// A constraint that the node `forbidden` breaks. What it says is seen in the service's log.
const CONSTRAINT: &str = "CREATE TRIGGER fault BEFORE INSERT ON node WHEN NEW.id = 'forbidden'
    BEGIN SELECT RAISE(ABORT, 'a fault, as the test asked'); END;";

/// A table whose root is no page of the file: what SQLite itself calls corrupt. Who has the file open sees it with
/// the next statement.
const CORRUPT: &str = "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET rootpage = 999999 WHERE name IN ('node', 'edge', 'edge_by_target');
    PRAGMA schema_version = 9999;";
