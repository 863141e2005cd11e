//! Keys of applications: who comes with one, and new ones in the place of old ones.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use app::api::{ApplicationResponse, AuditAction, AuditSubjectKind};
use chrono::TimeDelta;
use rand::Rng;

use super::applications::{application_not_found, name_not_found, show_with_key};
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Application, Caller, Credentials, Granter};
use crate::domain::api_key::{KeyDigest, spell_key};
use crate::domain::audit_log::Entry;
use crate::domain::session_cookie;
use crate::store::applications::ApplicationRow;
use crate::store::{Moment, StoreResult, Tx, applications, audit_log, users};

/// When applications were last seen, by id, until it is written down: a request that only looks waits for no write.
#[derive(Debug, Default)]
pub(super) struct LastUses(Mutex<BTreeMap<i64, Moment>>);

impl LastUses {
    fn note(&self, application_id: i64, now: Moment) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = uses.entry(application_id).or_insert(now);
        *last = now.max(*last);
    }

    fn take(&self) -> Vec<(i64, Moment)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

impl Service {
    /// Who sent a request with these credentials. A wrong key or cookie is nobody, not an error.
    pub async fn find_caller(&self, credentials: &Credentials) -> ServiceResult<Caller> {
        let now = self.clock.now();
        let key = credentials.key();
        let cookie = credentials.session_cookie.as_deref();
        let session = cookie.and_then(|cookie| session_cookie::verify(cookie, &self.settings.session_secrets, now));
        if key.is_none() && session.is_none() {
            return Ok(Caller::default());
        }
        let mut tx = self.db.read().await?;
        let user = match session {
            Some(session) => users::find_user_of_session(&mut tx, session, now).await?,
            None => None,
        };
        let application = match key {
            Some(key) => find_application_of(&mut tx, key, now).await?,
            None => None,
        };
        if let Some(application) = &application {
            self.last_uses.note(application.id, now);
        }
        Ok(Caller { user, application })
    }

    /// Counts a key that is nobody's, and refuses it when there were too many from its address before. A good key is never
    /// counted, so whoever has one is not kept out by others who guess.
    pub fn count_failed_key(&self, address: &str) -> ServiceResult<()> {
        let mut failed_keys = self.failed_keys.lock().unwrap_or_else(PoisonError::into_inner);
        failed_keys.fail(address, self.clock.now()).map_err(ServiceError::TooManyAttempts)
    }

    /// Writes down when applications were last seen. Meant to be called every minute: between two calls an application
    /// costs one write at most, however many requests it sends. After a failure the next call writes it.
    pub async fn save_last_uses(&self) -> ServiceResult<()> {
        let uses = self.last_uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let saved = self.write_last_uses(&uses).await;
        if saved.is_err() {
            for (application_id, used_at) in uses {
                self.last_uses.note(application_id, used_at);
            }
        }
        saved?;
        Ok(())
    }

    async fn write_last_uses(&self, uses: &[(i64, Moment)]) -> StoreResult<()> {
        let mut tx = self.db.write().await?;
        applications::note_last_uses(&mut tx, uses).await?;
        tx.commit().await
    }

    /// The calling application, with the key it came with; nothing for others, where nobody has to be somebody.
    pub async fn find_own_application(&self, caller: &Caller, key: &str) -> ServiceResult<Option<ApplicationResponse>> {
        let row = match &caller.application {
            Some(application) => {
                let mut tx = self.db.read().await?;
                applications::find_application(&mut tx, application.id).await?
            }
            None => None,
        };
        match row {
            Some(row) => Ok(Some(show_with_key(row, key))),
            None if self.settings.require_authentication => Err(ServiceError::NotAuthenticated),
            None => Ok(None),
        }
    }

    /// Gives the calling application a new key in the place of the one it came with.
    ///
    /// A key that was replaced and is only good for a while cannot do that: whoever found an old key must not get at a
    /// new one, and of several programs that change their common key at the same time one does.
    pub async fn rotate_own_key(&self, caller: &Caller, key: &str) -> ServiceResult<ApplicationResponse> {
        let caller = caller.application.as_ref().ok_or(ServiceError::NotAuthenticated)?;
        let mut tx = self.db.write().await?;
        let row = applications::lock_application(&mut tx, caller.id).await?.ok_or(ServiceError::NotAuthenticated)?;
        let sent = KeyDigest::of(key);
        let is_newest = row.key_hash.as_deref().is_some_and(|kept| sent.has_hash(kept));
        if !is_newest {
            let text = "This key has been replaced already; only the new one can be rotated";
            return Err(ServiceError::Conflict(text.to_owned()));
        }
        let (row, key) = self.replace_key(&mut tx, row, self.key_grace()).await?;
        tx.commit().await?;
        Ok(show_with_key(row, &key))
    }

    /// Gives an application a new key. Whoever has it can do what the application can.
    pub async fn rotate_key(&self, granter: Granter<'_>, id: i64) -> ServiceResult<ApplicationResponse> {
        let mut tx = self.db.write().await?;
        let row = applications::lock_application(&mut tx, id).await?.ok_or_else(|| application_not_found(id))?;
        self.check_grant(granter, &row.permissions)?;
        let (row, key) = self.replace_key(&mut tx, row, self.key_grace()).await?;
        tx.commit().await?;
        Ok(show_with_key(row, &key))
    }

    /// Gives the application of that name a new key and returns it. Every older one stops at once.
    pub async fn rotate_key_by_name(&self, name: &str) -> ServiceResult<String> {
        let mut tx = self.db.write().await?;
        let row = applications::lock_application_by_name(&mut tx, name).await?;
        let (_, key) = self.replace_key(&mut tx, row.ok_or_else(|| name_not_found(name))?, TimeDelta::zero()).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// Puts a new key in the place of the one an application has. That one is good for `grace` longer, and every older
    /// one at most as long.
    pub(super) async fn replace_key(
        &self,
        tx: &mut Tx,
        row: ApplicationRow,
        grace: TimeDelta,
    ) -> StoreResult<(ApplicationRow, String)> {
        let now = self.clock.now();
        let key = generate_key();
        let digest = KeyDigest::of(&key);
        if let (Some(prefix), Some(hash)) = (row.key_prefix, row.key_hash) {
            applications::retire_key(tx, row.id, &KeyDigest { prefix, hash }, now + grace, now).await?;
        }
        applications::update_key(tx, row.id, &digest, now).await?;
        // That it was, and nothing of either key.
        let entry = Entry::done(AuditAction::RotateKey, AuditSubjectKind::Application, row.id);
        audit_log::record(tx, [entry], now).await?;
        let row = ApplicationRow { key_prefix: Some(digest.prefix), key_hash: Some(digest.hash), ..row };
        Ok((row, key))
    }

    /// As long as a key that was replaced is good.
    fn key_grace(&self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.settings.key_grace_seconds).unwrap_or(i64::MAX))
    }
}

/// The application that a key belongs to, if it is good.
pub(super) async fn find_application_of(tx: &mut Tx, key: &str, now: Moment) -> StoreResult<Option<Application>> {
    let sent = KeyDigest::of(key);
    let candidates = applications::list_candidates(tx, &sent.prefix, now).await?;
    let proven = candidates.into_iter().find(|candidate| sent.has_hash(&candidate.key_hash));
    Ok(proven.map(|row| Application { id: row.id, name: row.name, permissions: row.permissions }))
}

/// A new key. Of real chance also in tests: keys that repeat themselves must not come into being anywhere.
pub(super) fn generate_key() -> String {
    let mut random = [0; 32];
    rand::rng().fill_bytes(&mut random);
    spell_key(random)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::{LastUses, Moment, generate_key};

    #[test]
    fn keys_never_repeat() {
        assert_ne!(generate_key(), generate_key());
    }

    #[test]
    fn of_many_uses_the_last_is_kept() {
        let first: Moment = chrono::DateTime::<Utc>::UNIX_EPOCH;
        let then = first + TimeDelta::seconds(7);
        let uses = LastUses::default();
        for (application_id, now) in [(1, first), (2, then), (1, then), (2, first)] {
            uses.note(application_id, now);
        }
        assert_eq!(uses.take(), [(1, then), (2, then)]);
        assert!(uses.take().is_empty());
    }
}
