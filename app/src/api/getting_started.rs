//! What a new installation tells the person who opens it first.

use serde::{Deserialize, Serialize};

use super::FamilyName;

/// How to send the first result, and whether any has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct GettingStartedResponse {
    /// Where this server is reached, as the caller addressed it: `http://127.0.0.1:30000`.
    pub base_url: String,
    /// A working key, only while the server listens on loopback alone and the caller is on this machine.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub api_key: Option<String>,
    /// The families that have an artefact which is not archived, in the contract's order; empty in a new installation.
    pub families: Vec<FamilyName>,
}
