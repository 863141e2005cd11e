//! Applications and their keys.

use app::api::Permission;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use subtle::ConstantTimeEq;

use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Application, Caller, Credentials, bearer_key};
use crate::domain::session_cookie;
use crate::store::{StoreResult, Tx, applications, users};

/// The application that the onboarding page's key belongs to.
const ONBOARDING_APPLICATION: &str = "getting-started";
/// What somebody needs who reports a first result and looks at it.
const ONBOARDING_PERMISSIONS: &[Permission] = &[Permission::ChangeTest, Permission::ViewTest, Permission::ViewArtefact];

impl Service {
    /// Who sent a request with these credentials. A wrong key or cookie is nobody, not an error.
    pub async fn find_caller(&self, credentials: &Credentials) -> ServiceResult<Caller> {
        let key = credentials.authorization.as_deref().and_then(bearer_key);
        let cookie = credentials.session_cookie.as_deref();
        let session = cookie.and_then(|cookie| {
            let now = self.clock.now();
            session_cookie::verify(cookie, &self.settings.session_secrets, now).map(|session| (session, now))
        });
        if key.is_none() && session.is_none() {
            return Ok(Caller::default());
        }
        let mut tx = self.db.read().await?;
        let user = match session {
            Some((session, now)) => users::find_user_of_session(&mut tx, session, now).await?,
            None => None,
        };
        let application = match key {
            Some(key) => find_application(&mut tx, key).await?,
            None => None,
        };
        Ok(Caller { user, application })
    }

    /// Makes an application and returns its key.
    pub async fn add_application(&self, name: &str, permissions: &[Permission]) -> ServiceResult<String> {
        let key = generate_key();
        let mut tx = self.db.write().await?;
        if !applications::create_application(&mut tx, name, permissions, &key, self.clock.now()).await? {
            return Err(ServiceError::Conflict(format!("An application named '{name}' exists already")));
        }
        tx.commit().await?;
        Ok(key)
    }

    /// The key of the application for a person's first steps, made when there is none.
    pub async fn ensure_onboarding_key(&self) -> ServiceResult<String> {
        let mut tx = self.db.write().await?;
        if let Some(known) = applications::find_application_by_name(&mut tx, ONBOARDING_APPLICATION).await? {
            return Ok(known.api_key);
        }
        let key = generate_key();
        let now = self.clock.now();
        applications::create_application(&mut tx, ONBOARDING_APPLICATION, ONBOARDING_PERMISSIONS, &key, now).await?;
        tx.commit().await?;
        Ok(key)
    }
}

async fn find_application(tx: &mut Tx, key: &str) -> StoreResult<Option<Application>> {
    let found = applications::find_application_by_key(tx, key).await?;
    let proven = found.filter(|row| bool::from(row.api_key.as_bytes().ct_eq(key.as_bytes())));
    Ok(proven.map(|row| Application { id: row.id, name: row.name, permissions: row.permissions.0 }))
}

/// `to_` and 32 random bytes in URL-safe base64 without padding: 46 characters.
fn generate_key() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    format!("to_{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_have_46_characters_and_never_repeat() {
        let keys = [super::generate_key(), super::generate_key()];
        assert!(keys.iter().all(|key| key.len() == 46 && key.starts_with("to_")), "{keys:?}");
        assert_ne!(keys[0], keys[1]);
    }
}
