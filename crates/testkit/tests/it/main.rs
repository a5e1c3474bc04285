//! The test kit is what other tests believe, so it is tested itself.

mod assert;
mod blackhole;
mod collector;
mod process;
mod proxy;
