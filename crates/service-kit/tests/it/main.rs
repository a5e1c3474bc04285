//! The frame of a service, seen from outside: a process, its telemetry and its end.

mod deadline;
mod faults;
mod options;
mod probe;
mod raw;
mod stop;
mod telemetry;
