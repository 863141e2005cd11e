//! Other systems, and how they are spoken to. Every call ends in time, follows no redirect, and keeps no more of an answer
//! than is sensible.

pub mod calls;
pub mod deb_archive;
pub(crate) mod fetch;
pub mod github;
pub mod http_client;
pub mod jira;
pub mod jira_cards;
pub mod kernel_tracker;
pub mod launchpad;
pub mod launchpad_bugs;
pub mod oidc;
pub mod snap_store;
pub mod tracker;
pub mod unchanged;
pub mod upstream;
pub mod webhooks;
