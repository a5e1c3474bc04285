//! The rows. A later hop adds one.

use throughline_testkit::Mode;
use tonic::Code;

use super::{Call, Fault, Part, Row, Time};
use crate::Expected;

pub(super) const fn part(name: &'static str, fault: Fault, time: Time, expected: Expected) -> Part {
    Part {
        name,
        fault,
        time,
        expected,
    }
}

/// The whole chain ran and all is well.
pub(super) const FINE: Expected = Expected {
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
pub(super) const fn at_graph(
    ran: &'static [(&'static str, Code)],
    code: Code,
    store: bool,
) -> Expected {
    Expected {
        code,
        ran,
        store,
        event: Some("graph"),
    }
}

pub(super) const INTERNAL: &[(&str, Code)] =
    &[("gateway", Code::Internal), ("graph", Code::Internal)];
pub(super) const UNAVAILABLE: &[(&str, Code)] =
    &[("gateway", Code::Unavailable), ("graph", Code::Unavailable)];

pub(super) const OVERDUE: &[(&str, Code)] = &[
    ("gateway", Code::DeadlineExceeded),
    ("graph", Code::DeadlineExceeded),
];

pub(super) const CANCELLED: &[(&str, Code)] =
    &[("gateway", Code::Cancelled), ("graph", Code::Cancelled)];

/// How long a gateway waits for a connection, and a store for a lock.
const CONNECT: u64 = 2000;
const BUSY: u64 = 2000;

/// A caller's deadline that leaves time: to stop a process, and on a busy machine for the call to come as far as what holds it
/// up. A callee counts from where it reads its request; by a share of the deadline it may be later than its caller and still
/// know why it is given up.
pub(super) const GENEROUS: u64 = 3000;

/// All hops.
pub const ROWS: &[Row] = &[
    Row {
        hop: "gateway",
        cells: [
            &[part("", Fault::None(Call::Read), Time::AtOnce, FINE)],
            &[part(
                "",
                Fault::Asked("gateway", "error:INTERNAL", Call::Read),
                Time::AtOnce,
                gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
            )],
            &[
                part(
                    "in handler",
                    Fault::Asked("gateway", "panic", Call::Read),
                    Time::AtOnce,
                    gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
                ),
                part(
                    "in spawned task",
                    Fault::Asked("gateway", "panic-spawned", Call::Read),
                    Time::AtOnce,
                    gateway_alone(&[("gateway", Code::Internal)], Code::Internal),
                ),
                part(
                    "in stream",
                    Fault::Asked("gateway", "panic-stream", Call::Read),
                    Time::AtOnce,
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
                Fault::Deadline("gateway", GENEROUS),
                Time::WhileHeld(GENEROUS),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: &[("gateway", Code::DeadlineExceeded)],
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Cancelled("gateway"),
                Time::Never,
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
                Time::AtOnce,
                Expected {
                    code: Code::Unavailable,
                    ran: &[],
                    store: false,
                    event: None,
                },
            )],
            &[
                part(
                    "delayed",
                    Fault::Asked("gateway", "delay:200", Call::Read),
                    Time::Late(200),
                    FINE,
                ),
                part(
                    "stopped",
                    Fault::Stopped("gateway", GENEROUS),
                    Time::WhileHeld(GENEROUS),
                    Expected {
                        code: Code::DeadlineExceeded,
                        ran: &[("gateway", Code::DeadlineExceeded)],
                        store: false,
                        event: None,
                    },
                ),
            ],
            &[
                part(
                    "down",
                    Fault::Collector("gateway", Mode::Refusing, Call::Read),
                    Time::AtOnce,
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("gateway", Mode::Hanging, Call::Read),
                    Time::WhileHeld(0),
                    FINE,
                ),
            ],
        ],
    },
    Row {
        hop: "graph",
        cells: [
            &[part("", Fault::None(Call::Write), Time::AtOnce, FINE)],
            &[part(
                "",
                Fault::Asked("graph", "error:INTERNAL", Call::Read),
                Time::AtOnce,
                at_graph(INTERNAL, Code::Internal, false),
            )],
            &[
                part(
                    "in handler",
                    Fault::Asked("graph", "panic", Call::Read),
                    Time::AtOnce,
                    at_graph(INTERNAL, Code::Internal, false),
                ),
                part(
                    "in spawned task",
                    Fault::Asked("graph", "panic-spawned", Call::Read),
                    Time::AtOnce,
                    at_graph(INTERNAL, Code::Internal, false),
                ),
                part(
                    "in stream",
                    Fault::Asked("graph", "panic-stream", Call::Read),
                    Time::AtOnce,
                    at_graph(INTERNAL, Code::Internal, true),
                ),
            ],
            &[part(
                "",
                Fault::Deadline("graph", GENEROUS),
                Time::WhileHeld(GENEROUS),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: OVERDUE,
                    store: false,
                    event: None,
                },
            )],
            &[part(
                "",
                Fault::Cancelled("graph"),
                Time::Never,
                Expected {
                    code: Code::Cancelled,
                    ran: CANCELLED,
                    store: false,
                    event: None,
                },
            )],
            &[
                part(
                    "killed",
                    Fault::Killed("graph"),
                    Time::AtOnce,
                    gateway_alone(&[("gateway", Code::Unavailable)], Code::Unavailable),
                ),
                part(
                    "port swallows",
                    Fault::Blackholed,
                    Time::WhileHeld(CONNECT),
                    gateway_alone(&[("gateway", Code::Unavailable)], Code::Unavailable),
                ),
            ],
            &[
                part(
                    "delayed",
                    Fault::Asked("graph", "delay:200", Call::Read),
                    Time::Late(200),
                    FINE,
                ),
                part(
                    "stopped",
                    Fault::Stopped("graph", GENEROUS),
                    Time::WhileHeld(GENEROUS),
                    Expected {
                        code: Code::DeadlineExceeded,
                        ran: OVERDUE,
                        store: false,
                        event: None,
                    },
                ),
            ],
            &[
                part(
                    "down",
                    Fault::Collector("graph", Mode::Refusing, Call::Read),
                    Time::AtOnce,
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("graph", Mode::Hanging, Call::Read),
                    Time::WhileHeld(0),
                    FINE,
                ),
            ],
        ],
    },
    Row {
        hop: "store",
        cells: [
            &[part("", Fault::None(Call::Read), Time::AtOnce, FINE)],
            &[part(
                "constraint error",
                Fault::Sql(CONSTRAINT, Call::Write),
                Time::AtOnce,
                at_graph(INTERNAL, Code::Internal, true),
            )],
            &[part(
                "in blocking work",
                Fault::Asked("store", "panic", Call::Read),
                Time::AtOnce,
                // It comes before the statement.
                at_graph(INTERNAL, Code::Internal, false),
            )],
            &[part(
                "interrupted query",
                Fault::Deadline("store", GENEROUS),
                Time::WhileHeld(GENEROUS),
                Expected {
                    code: Code::DeadlineExceeded,
                    ran: OVERDUE,
                    store: true,
                    event: None,
                },
            )],
            &[part(
                "interrupted query",
                Fault::Cancelled("store"),
                Time::Never,
                Expected {
                    code: Code::Cancelled,
                    ran: CANCELLED,
                    store: true,
                    event: None,
                },
            )],
            &[
                part(
                    "file corrupt",
                    Fault::Sql(CORRUPT, Call::Read),
                    Time::AtOnce,
                    at_graph(UNAVAILABLE, Code::Unavailable, true),
                ),
                part(
                    "file gone",
                    Fault::Gone,
                    Time::AtOnce,
                    at_graph(UNAVAILABLE, Code::Unavailable, false),
                ),
                part(
                    "disk full",
                    Fault::Full,
                    Time::AtOnce,
                    at_graph(UNAVAILABLE, Code::Unavailable, true),
                ),
            ],
            &[part(
                "lock held",
                Fault::Locked,
                Time::WhileHeld(BUSY),
                at_graph(UNAVAILABLE, Code::Unavailable, true),
            )],
            // Its statements travel with the graph service's call.
            &[
                part(
                    "down",
                    Fault::Collector("graph", Mode::Refusing, Call::Write),
                    Time::AtOnce,
                    FINE,
                ),
                part(
                    "hanging",
                    Fault::Collector("graph", Mode::Hanging, Call::Write),
                    Time::WhileHeld(0),
                    FINE,
                ),
            ],
        ],
    },
    super::rows_dgraph::DGRAPH,
];

/// A constraint that the node `forbidden` breaks. What it says is seen in the service's log.
const CONSTRAINT: &str = "CREATE TRIGGER fault BEFORE INSERT ON node WHEN NEW.id = 'forbidden'
    BEGIN SELECT RAISE(ABORT, 'a fault, as the test asked'); END;";

/// A table whose root is no page of the file: what SQLite itself calls corrupt. Who has the file open sees it with
/// the next statement.
const CORRUPT: &str = "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET rootpage = 999999 WHERE name IN ('node', 'edge', 'edge_by_target');
    PRAGMA schema_version = 9999;";
