//! Who is calling, and what that caller may do.

use app::api::{GRANTED_BY_RULES, Permission, SessionResponse, SignInMethod};

use super::users::find_shown_user;
use super::{Service, ServiceResult};
use crate::domain::access::Caller;
use crate::store::{Tx, matching_rules, notifications};

impl Service {
    /// Who is calling, what the caller may do, about one artefact in particular where one is named, and how one signs in.
    pub async fn get_session(&self, caller: &Caller, artefact_id: Option<i64>) -> ServiceResult<SessionResponse> {
        let ignored = &self.settings.ignored_permissions;
        let mut permissions: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|permission| caller.may(&[*permission], ignored)).collect();
        let mut session = SessionResponse {
            sign_in_methods: self.sign_in_methods(),
            require_authentication: self.settings.require_authentication,
            tabs: self.settings.tabs.clone(),
            ..SessionResponse::default()
        };
        if let Some(user) = &caller.user {
            let mut tx = self.db.read().await?;
            session.user = find_shown_user(&mut tx, user.id).await?;
            session.unread_notifications = notifications::count_notifications(&mut tx, user.id, true).await?;
            if let Some(artefact_id) = artefact_id {
                add_granted(&mut tx, user.id, artefact_id, &mut permissions).await?;
            }
        }
        session.permissions = permissions;
        Ok(session)
    }

    fn sign_in_methods(&self) -> Vec<SignInMethod> {
        let settings = &self.settings;
        let offered = [
            (settings.oidc.is_some(), SignInMethod::Oidc),
            (settings.saml.is_configured(), SignInMethod::Saml),
            (settings.local_accounts, SignInMethod::Local),
        ];
        offered.into_iter().filter_map(|(is_offered, method)| is_offered.then_some(method)).collect()
    }
}

async fn add_granted(
    tx: &mut Tx,
    user_id: i64,
    artefact_id: i64,
    permissions: &mut Vec<Permission>,
) -> ServiceResult<()> {
    for permission in GRANTED_BY_RULES {
        if !permissions.contains(&permission)
            && matching_rules::is_granted(tx, user_id, &[artefact_id], permission).await?
        {
            permissions.push(permission);
        }
    }
    permissions.sort_by_key(|permission| Permission::ALL.iter().position(|other| other == permission));
    Ok(())
}
