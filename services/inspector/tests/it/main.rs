//! The inspector as a whole, on a real port.
