//! The frame of a service, seen from outside: a process, its telemetry and its end.

mod connections;
mod deadline;
mod faults;
mod messages;
mod options;
mod probe;
mod raw;
mod shed;
mod stop;
mod telemetry;
