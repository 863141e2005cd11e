//! The rules of the field, without input or output: time and chance are arguments.

pub mod access;
pub mod api_key;
pub mod assignment;
pub mod attachment_rules;
pub mod attempts;
pub mod audit_log;
pub mod bundle;
pub mod csv;
pub mod issue_url;
pub mod lifecycle;
pub mod passwords;
pub mod report;
pub mod return_to;
pub mod saml;
pub mod session_cookie;
pub mod sign_in_link;
pub mod sign_in_state;
pub mod start_test;
pub mod submission;
pub mod text_search;
pub(crate) mod texts;
pub mod words;
