//! The pages, one module each.

pub(crate) mod applications;
pub(crate) mod artefact;
pub(crate) mod audit_log;
pub(crate) mod family;
pub(crate) mod getting_started;
pub(crate) mod home;
pub(crate) mod issue;
pub(crate) mod issues;
pub(crate) mod lazy;
pub(crate) mod matching_rules;
pub(crate) mod my_reviews;
pub(crate) mod not_found;
pub(crate) mod notifications;
pub(crate) mod reruns;
pub(crate) mod sign_in;
pub(crate) mod teams;
pub(crate) mod test_results;
pub(crate) mod users;
