//! The rules of the field, without input or output: time and chance are arguments.

pub mod access;
pub mod api_key;
pub mod assignment;
pub mod attachment_rules;
pub mod attempts;
pub mod bundle;
pub mod issue_url;
pub mod lifecycle;
pub mod report;
pub mod session_cookie;
pub mod start_test;
pub mod text_search;
pub mod words;
