//! The `test-observer` command.
fn main() {}
