//! Applications and their keys.

use app::api::Permission;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use subtle::ConstantTimeEq;

use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Application, Caller, bearer_key};
use crate::store::applications;

/// The application that the onboarding page's key belongs to.
const ONBOARDING_APPLICATION: &str = "getting-started";
/// What somebody needs who reports a first result and looks at it.
const ONBOARDING_PERMISSIONS: &[Permission] = &[Permission::ChangeTest, Permission::ViewTest, Permission::ViewArtefact];

impl Service {
    /// Who sent a request with this `Authorization` header. A wrong key is nobody, not an error.
    pub async fn find_caller(&self, authorization: Option<&str>) -> ServiceResult<Caller> {
        let Some(key) = authorization.and_then(bearer_key) else { return Ok(Caller::default()) };
        let mut tx = self.db.read().await?;
        let found = applications::find_application_by_key(&mut tx, key).await?;
        let proven = found.filter(|row| bool::from(row.api_key.as_bytes().ct_eq(key.as_bytes())));
        let application = proven.map(|row| Application { id: row.id, name: row.name, permissions: row.permissions.0 });
        Ok(Caller { application })
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
