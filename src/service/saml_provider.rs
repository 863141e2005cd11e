//! The SAML identity provider as this process knows it: its metadata are fetched when they are first needed, kept, and
//! fetched anew in the background.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use super::Service;
use super::saml::SamlFailure;
use crate::domain::saml::IdentityProvider;
use crate::integrations::fetch::fetch;
use crate::store::Moment;

/// As long as a provider that could not be asked is left alone: those who wait for it would wait one after another.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
/// Metadata are asked for this seldom when a key seems to be missing in them: anybody can make a key seem to be missing.
const SHORTEST_LIFETIME: TimeDelta = TimeDelta::minutes(1);

/// What is known of the provider.
#[derive(Debug, Default)]
pub(super) struct KnownProvider {
    known: Mutex<Known>,
    /// Whoever fetches has this; the others wait.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    provider: Option<Arc<IdentityProvider>>,
    fetched_at: Option<Moment>,
    failed_at: Option<Moment>,
}

impl Known {
    /// The provider, unless its metadata themselves say that they are too old.
    fn provider(&self, now: Moment) -> Option<Arc<IdentityProvider>> {
        self.provider.clone().filter(|provider| provider.is_valid(now))
    }
}

impl KnownProvider {
    fn get(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Service {
    /// The identity provider, fetched if nobody has done so yet.
    pub(super) async fn find_saml_provider(&self) -> Result<Arc<IdentityProvider>, SamlFailure> {
        if let Some(provider) = self.saml.get().provider(self.clock.now()) {
            return Ok(provider);
        }
        let _fetching = self.saml.fetching.lock().await;
        let (known, now) = (self.saml.get(), self.clock.now());
        if let Some(provider) = known.provider(now) {
            return Ok(provider);
        }
        if known.failed_at.is_some_and(|failed| now - failed < PAUSE) {
            return Err(SamlFailure::NotConfigured);
        }
        self.fetch_saml_provider().await
    }

    /// The identity provider as it is now or was a minute ago, in case it has changed its keys.
    pub(super) async fn find_newer_saml_provider(&self) -> Result<Arc<IdentityProvider>, SamlFailure> {
        let _fetching = self.saml.fetching.lock().await;
        let (known, now) = (self.saml.get(), self.clock.now());
        let tried_at = known.fetched_at.max(known.failed_at);
        match known.provider(now).filter(|_| tried_at.is_some_and(|tried| now - tried < SHORTEST_LIFETIME)) {
            Some(provider) => Ok(provider),
            None => self.fetch_saml_provider().await,
        }
    }

    /// Fetches the identity provider's metadata anew, where there is one. Where that fails, the old ones stay.
    pub async fn refresh_saml_provider(&self) {
        if self.settings.saml.idp_metadata_url.is_some() {
            let _fetching = self.saml.fetching.lock().await;
            // What went wrong is in the log by now.
            drop(self.fetch_saml_provider().await);
        }
    }

    /// Fetches and keeps the metadata. Only whoever has the lock comes here.
    async fn fetch_saml_provider(&self) -> Result<Arc<IdentityProvider>, SamlFailure> {
        let url = self.settings.saml.idp_metadata_url.as_deref().ok_or(SamlFailure::NotConfigured)?;
        let fetched = self.read_metadata(url).await;
        let now = self.clock.now();
        match fetched {
            Ok(provider) if provider.is_valid(now) => {
                let provider = Arc::new(provider);
                let known = Known { provider: Some(provider.clone()), fetched_at: Some(now), failed_at: None };
                self.saml.update(|kept| *kept = known);
                Ok(provider)
            }
            outcome => {
                let reason = outcome.err().unwrap_or_else(|| "they are too old".to_owned());
                tracing::warn!(saml.metadata = url, reason, "the metadata of the identity provider cannot be had");
                self.saml.update(|kept| kept.failed_at = Some(now));
                self.saml.get().provider(now).ok_or(SamlFailure::NotConfigured)
            }
        }
    }

    async fn read_metadata(&self, url: &str) -> Result<IdentityProvider, String> {
        let body = fetch(self.http.get()?, url, "application/samlmetadata+xml, application/xml, */*;q=0.1").await?;
        let text = String::from_utf8(body).map_err(|_| "they are no UTF-8".to_owned())?;
        IdentityProvider::read(text.trim_start_matches('\u{feff}')).map_err(|refusal| refusal.to_string())
    }
}
