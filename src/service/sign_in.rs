//! Signing in and out: who somebody is was found out before, by an identity provider or a password; here a session begins.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use app::api::{AuditAction, AuditSubjectKind};
use chrono::TimeDelta;
use rand::Rng;
use serde_json::json;

use super::{Service, ServiceError, ServiceResult};
use crate::domain::attempts::Attempts;
use crate::domain::audit_log::Entry;
use crate::domain::session_cookie;
use crate::store::memberships::Joined;
use crate::store::users::{NewUser, UserRow};
use crate::store::{Moment, StoreResult, Tx, audit_log, local_accounts, memberships, sessions, users};

/// As long as a session lasts; using it does not make it longer.
const LIFETIME: TimeDelta = TimeDelta::seconds(session_cookie::LIFETIME_SECONDS);

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMeans {
    /// By the word of an OpenID Connect provider.
    Oidc,
    /// By the word of a SAML identity provider.
    Saml,
    /// By a password.
    Password,
    /// By a link that an operator made.
    Link,
}

impl SignInMeans {
    fn as_str(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Saml => "saml",
            Self::Password => "password",
            Self::Link => "link",
        }
    }
}

/// Who signs in, as an identity provider or the operator vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The mail address, as it is stored: upper and lower case apart.
    pub email: String,
    /// What to call a user who is new.
    pub name: String,
    /// The name at Launchpad of a user who is new, where known.
    pub launchpad_handle: Option<String>,
    /// Names of teams to join.
    pub teams: Vec<String>,
    /// How they proved it.
    pub means: SignInMeans,
}

/// A session that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session_id: i64,
    /// Whose it is.
    pub user_id: i64,
}

impl Service {
    /// Opens a session for the user of that mail address, who is made when new. Of one who exists, name, handle and rank
    /// stay as they are. Teams are joined and never left; those that are missing are made.
    pub async fn sign_in(&self, identity: &Identity) -> ServiceResult<SignedIn> {
        let new = NewUser {
            email: identity.email.clone(),
            name: identity.name.clone(),
            launchpad_handle: identity.launchpad_handle.clone(),
        };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let (user, is_new) = users::find_or_create_user(&mut tx, &new, now).await?;
        tx.act_as_user(user.id, &user.name);
        let signed_in = open_session(&mut tx, user.id, now).await?.ok_or_else(just_removed)?;
        let joined = if identity.teams.is_empty() {
            Joined::default()
        } else {
            memberships::join_teams(&mut tx, user.id, &identity.teams, now).await?
        };
        let arrival = is_new.then(|| {
            let user = json!({"email": new.email, "name": new.name, "launchpad_handle": new.launchpad_handle});
            Entry::created(AuditSubjectKind::User, signed_in.user_id, &user)
        });
        let entries = arrival.into_iter().chain(joined_entries(user.id, joined));
        let entries = entries.chain([signed_in_entry(user.id, identity.means)]);
        audit_log::record(&mut tx, entries, now).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Lets somebody sign in by the word of an identity provider, unless too many from the same address have failed before: what
    /// they bring costs something to look at, here or there. `counts` says which failures are theirs.
    pub async fn limit_sign_in<T, E: From<ServiceError>>(
        &self,
        address: &str,
        signing_in: impl Future<Output = Result<T, E>>,
        counts: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        self.failed_logins().check(address, self.clock.now()).map_err(ServiceError::TooManyAttempts)?;
        let outcome = signing_in.await;
        if outcome.as_ref().is_err_and(counts) {
            // This one is answered with its own reason; the next one hears of it.
            let _ = self.failed_logins().fail(address, self.clock.now());
        }
        outcome
    }

    pub(super) fn failed_logins(&self) -> MutexGuard<'_, Attempts> {
        self.failed_logins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those groups of an identity provider that are teams here: they exist, or the operator lists them.
    pub async fn choose_teams(&self, groups: &[String], listed: &BTreeSet<String>) -> ServiceResult<Vec<String>> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.read().await?;
        let known = memberships::list_known_names(&mut tx, groups).await?;
        let of_list = groups.iter().filter(|group| listed.contains(*group)).cloned();
        Ok(known.into_iter().chain(of_list).collect())
    }

    /// Ends a session; whose it was, if there was one. One whose time is over is nobody's any longer.
    pub async fn sign_out(&self, session_id: i64) -> ServiceResult<Option<UserRow>> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let ended = sessions::delete_session(&mut tx, session_id).await?.filter(|session| session.expires_at >= now);
        let user = match ended {
            Some(session) => users::find_user(&mut tx, session.user_id).await?,
            None => None,
        };
        if let Some(user) = &user {
            tx.act_as_user(user.id, &user.name);
            let entry = Entry::done(AuditAction::SignOut, AuditSubjectKind::User, user.id);
            audit_log::record(&mut tx, [entry], now).await?;
        }
        tx.commit().await?;
        Ok(user)
    }

    /// Removes the sessions that are over, and the links that nobody can sign in with any longer; how many sessions.
    pub async fn forget_expired_sessions(&self) -> StoreResult<u64> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let ended = sessions::delete_expired_sessions(&mut tx, now).await?;
        local_accounts::delete_spent_links(&mut tx, now).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

/// What the audit log says of teams that somebody joined by signing in.
fn joined_entries(user_id: i64, joined: Joined) -> impl Iterator<Item = Entry> {
    let made = joined.made.into_iter();
    let made = made.map(|(id, name)| Entry::created(AuditSubjectKind::Team, id, &json!({"name": name})));
    let teams = joined.teams.into_iter().map(move |id| Entry {
        after: Some(json!({"user_id": user_id})),
        ..Entry::done(AuditAction::AddMember, AuditSubjectKind::Team, id)
    });
    made.chain(teams)
}

/// What the audit log says of somebody who signed in. Nothing of the session: whoever knows its number is nearer to it.
pub(super) fn signed_in_entry(user_id: i64, means: SignInMeans) -> Entry {
    let after = Some(json!({"means": means.as_str()}));
    Entry { after, ..Entry::done(AuditAction::SignIn, AuditSubjectKind::User, user_id) }
}

/// Opens a session; nothing when the user is not there any longer.
pub(super) async fn open_session(tx: &mut Tx, user_id: i64, now: Moment) -> ServiceResult<Option<SignedIn>> {
    if !users::lock_user(tx, user_id).await? {
        return Ok(None);
    }
    let session_id = generate_session_id();
    sessions::create_session(tx, session_id, user_id, now + LIFETIME, now).await?;
    Ok(Some(SignedIn { session_id, user_id }))
}

fn just_removed() -> ServiceError {
    ServiceError::Conflict("This user has just been removed; sign in again".to_owned())
}

/// Of real chance also in tests, and from 53 bits: whoever learns the secret that signs cookies still has to guess a
/// session, and every reader of JSON takes the number as it is.
fn generate_session_id() -> i64 {
    i64::try_from(rand::rng().next_u64() >> 11).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::generate_session_id;

    #[test]
    fn sessions_cannot_be_guessed() {
        let ids: std::collections::BTreeSet<i64> = (0..1000).map(|_| generate_session_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| (1..1 << 53).contains(id)));
        // By chance alone that would happen once in 2^1000 runs.
        assert!(ids.iter().any(|id| *id > 1 << 52));
    }
}
