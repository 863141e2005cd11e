//! The REST API through its router, every test on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::format_collect, reason = "statements of tests are short")]

mod access;
mod artefact_search;
mod artefacts;
mod attachment_rule_endpoints;
mod attachment_rules;
mod clients;
mod concurrency;
mod cors;
mod end_test;
mod environment_reviews;
mod environments;
mod errors;
mod execution_metadata;
mod execution_rules;
mod getting_started;
mod idempotency;
mod issue_attachments;
mod issues;
mod matching_rules;
mod notifications;
mod openapi;
mod patch_artefact;
mod patch_artefact_bundles;
mod patch_artefact_reviewers;
mod patch_artefact_rights;
mod preconditions;
mod reported_issues;
mod reports;
mod rerun_filters;
mod rerun_rights;
mod reruns;
mod result_rules;
mod reviewer_assignment;
mod reviewer_distribution;
mod rule_applications;
mod schema;
mod search_executions;
mod search_executions_answer;
mod search_results;
mod search_results_answer;
mod search_texts;
mod start_test;
mod start_test_rules;
mod status_updates;
mod support;
mod test_cases;
mod test_executions;
mod test_results;
