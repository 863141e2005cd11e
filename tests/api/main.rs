//! The REST API through its router, every test on SQLite and on PostgreSQL.

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
