//! Other systems, and how they are spoken to. Every call ends in time, follows no redirect, and keeps no more of an answer
//! than is sensible.

pub mod calls;
pub(crate) mod fetch;
pub mod http_client;
pub mod jira_cards;
pub mod launchpad;
pub mod oidc;
pub mod webhooks;
