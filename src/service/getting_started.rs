//! What a new installation tells the person who opens it first.

use app::api::{FamilyName, Permission};
use chrono::TimeDelta;

use super::application_keys::{find_application_of, generate_key};
use super::applications::made;
use super::{Service, ServiceResult};
use crate::domain::api_key::KeyDigest;
use crate::store::applications::NewApplication;
use crate::store::{StoreError, applications, artefacts, audit_log};

/// The application that the key for a person's first steps belongs to.
const ONBOARDING_APPLICATION: &str = "getting-started";
/// What somebody needs who reports a first result and looks at it.
const ONBOARDING_PERMISSIONS: &[Permission] = &[Permission::ChangeTest, Permission::ViewTest, Permission::ViewArtefact];
/// As long as a key that was shown is good after a newer one was: who copied it yesterday goes on with it today.
const ONBOARDING_GRACE: TimeDelta = TimeDelta::days(30);

impl Service {
    /// The families that have an artefact which is not archived, in the contract's order.
    pub async fn list_families(&self) -> ServiceResult<Vec<FamilyName>> {
        let mut tx = self.db.read().await?;
        let present = artefacts::list_families(&mut tx).await?;
        Ok(FamilyName::ALL
            .iter()
            .copied()
            .filter(|family| present.iter().any(|name| name == family.as_str()))
            .collect())
    }

    /// A key for a person's first steps; nothing where the server listens to other machines.
    ///
    /// Of stored keys only hashes are known, so it is made when it is first asked for, while nothing has arrived yet in
    /// any of the families, and this process remembers it. As long as it is good it is shown again, also when something
    /// has arrived meanwhile.
    pub async fn find_onboarding_key(&self, families: &[FamilyName]) -> ServiceResult<Option<String>> {
        if !self.settings.shows_onboarding_key {
            return Ok(None);
        }
        let mut known = self.onboarding_key.lock().await;
        if let Some(key) = known.as_deref() {
            let mut tx = self.db.read().await?;
            if find_application_of(&mut tx, key, self.clock.now()).await?.is_some() {
                return Ok(known.clone());
            }
        }
        *known = if families.is_empty() { Some(self.make_onboarding_key().await?) } else { None };
        Ok(known.clone())
    }

    /// Makes the application for first steps, or gives it one more key where another process made it before.
    async fn make_onboarding_key(&self) -> ServiceResult<String> {
        let key = generate_key();
        let new = NewApplication {
            name: ONBOARDING_APPLICATION,
            permissions: ONBOARDING_PERMISSIONS,
            key: &KeyDigest::of(&key),
            expires_at: None,
        };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if let Some(row) = applications::create_application(&mut tx, new, now).await? {
            audit_log::record(&mut tx, [made(&row)], now).await?;
            tx.commit().await?;
            return Ok(key);
        }
        let row = applications::lock_application_by_name(&mut tx, ONBOARDING_APPLICATION).await?;
        let (_, key) = self.replace_key(&mut tx, row.ok_or(StoreError::Taken)?, ONBOARDING_GRACE).await?;
        tx.commit().await?;
        Ok(key)
    }
}
