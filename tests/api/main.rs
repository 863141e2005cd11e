//! The REST API through its router, every test on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::format_collect, reason = "statements of tests are short")]

mod access;
mod artefacts;
mod attachment_rules;
mod concurrency;
mod errors;
mod getting_started;
mod openapi;
mod reviewer_assignment;
mod schema;
mod start_test;
mod support;
mod test_executions;
mod test_results;
