//! An in-process collector, a recording proxy, child processes, and assert_unbroken.
