//! Webhooks: addresses that are told what happens, and what became of the messages to them.

use serde::{Deserialize, Serialize};

use super::{FamilyName, Timestamp, text_enum};

text_enum! {
    /// What a webhook is told of.
    pub enum WebhookEvent {
        /// A run ended: it passed, failed, or ended without saying anything.
        ExecutionCompleted = "execution_completed",
        /// Somebody decided about an artefact, or took the decision back.
        ArtefactStatusChanged = "artefact_status_changed",
        /// Reruns of an artefact's runs are asked for.
        RerunRequested = "rerun_requested",
        /// Somebody reviews an artefact from now on.
        ReviewAssigned = "review_assigned",
    }
}

text_enum! {
    /// How a message reads.
    pub enum WebhookFormat {
        /// For programs: what happened, as an object.
        Json = "json",
        /// For chat rooms: a sentence, as `{"text": …}`.
        Text = "text",
    }
}

text_enum! {
    /// How far a message is.
    pub enum DeliveryStatus {
        /// It is sent soon, for the first time or again.
        Waiting = "waiting",
        /// The receiver has it.
        Delivered = "delivered",
        /// Nobody tries any longer.
        Failed = "failed",
    }
}

/// A webhook to make.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct WebhookRequest {
    /// Where messages are posted: an `https` address; `http` on the server's own machine alone. A user or password in it is
    /// refused, and so is an address inside of the server's network, unless the operator lists the host.
    #[schema(value_type = String, format = Uri, max_length = 2083, min_length = 1)]
    pub url: super::HttpUrl,
    /// What to tell, at least one.
    pub events: Vec<WebhookEvent>,
    /// Of artefacts of these families; of all when it is empty.
    #[deserr(default)]
    #[schema(required = false)]
    pub families: Vec<FamilyName>,
    /// How messages read.
    #[deserr(default = WebhookFormat::Json)]
    #[schema(required = false)]
    pub format: WebhookFormat,
    /// What messages are signed with, 16 to 200 characters. It is not shown again.
    #[deserr(default)]
    #[schema(value_type = Option<String>, min_length = 16, max_length = 200)]
    pub secret: Option<super::Limited<200>>,
    /// Whether messages are sent.
    #[deserr(default = super::Flag(true))]
    #[schema(value_type = bool, required = false, default = true)]
    pub active: super::Flag,
}

/// What a client changes about a webhook. Absent means: leave it; so does null, but for the secret.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct WebhookPatch {
    /// Where messages are posted, as when it is made.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Uri, max_length = 2083, min_length = 1)]
    pub url: Option<super::HttpUrl>,
    /// What to tell, at least one, in the place of what it was.
    #[deserr(default)]
    pub events: Option<Vec<WebhookEvent>>,
    /// The families, in the place of those it had.
    #[deserr(default)]
    pub families: Option<Vec<FamilyName>>,
    /// How messages read.
    #[deserr(default)]
    pub format: Option<WebhookFormat>,
    /// What messages are signed with from now on; null for nothing.
    #[deserr(default)]
    #[schema(value_type = Option<String>, min_length = 16, max_length = 200)]
    pub secret: super::Patch<super::Limited<200>>,
    /// Whether messages are sent. What waits when it is switched off is not sent later.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub active: Option<super::Flag>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WebhookResponse {
    /// Its id.
    pub id: i64,
    /// When it was made.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// Where messages are posted.
    #[cfg_attr(feature = "ssr", schema(format = Uri))]
    pub url: String,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
    /// Of artefacts of these families; of all when it is empty.
    pub families: Vec<FamilyName>,
    /// How messages read.
    pub format: WebhookFormat,
    /// Whether messages are signed.
    pub has_secret: bool,
    /// Whether messages are sent.
    pub active: bool,
}

/// A message to a webhook, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WebhookDeliveryResponse {
    /// The id, by which a receiver knows that it has a message already.
    pub id: i64,
    /// When it happened.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// What happened.
    pub event: WebhookEvent,
    /// How far it is.
    pub status: DeliveryStatus,
    /// How often somebody tried.
    pub attempts: i64,
    /// When the next attempt is due; null when there is none.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub due_at: Option<Timestamp>,
    /// When somebody tried last.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub attempted_at: Option<Timestamp>,
    /// How long that took, in milliseconds.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub duration_ms: Option<i64>,
    /// The status of the receiver's answer; null where there was none.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub status_code: Option<i64>,
    /// Why it was not delivered; `""` when it was.
    pub error: String,
    /// The first 1,000 characters of an answer that was no success.
    pub answer: String,
}

/// A page of the messages to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct WebhookDeliveriesResponse {
    /// Newest first.
    pub deliveries: Vec<WebhookDeliveryResponse>,
    /// Messages of a page.
    pub limit: i64,
    /// Where the next page begins: the `cursor` to ask for; null behind the last page.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub next_cursor: Option<String>,
}
