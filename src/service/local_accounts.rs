//! People who sign in here and not at an identity provider: by a password, or by a link that is good once.

use std::time::Duration;

use app::api::{AuditAction, AuditSubjectKind};
use chrono::TimeDelta;
use rand::Rng;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::sign_in::{SignInMeans, SignedIn, open_session, signed_in_entry};
use super::users::find_user_by_email;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::audit_log::Entry;
use crate::domain::passwords::{LONGEST, SHORTEST, hash_password, verify_password};
use crate::domain::sign_in_link::{hash_token, spell_token};
use crate::store::local_accounts::PasswordRow;
use crate::store::users::NewUser;
use crate::store::{Moment, StoreResult, Tx, audit_log, local_accounts, sessions, users};

/// As long as a link is good.
const LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The mail address of the administrator that a new installation begins with.
const FIRST_ADMINISTRATOR: &str = "admin@localhost";

/// Hashes under way: each takes a processor and 19 MiB for a while, and anybody may ask for one.
static HASHES: Semaphore = Semaphore::const_new(2);

/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordSignIn {
    /// It was the right one.
    SignedIn(SignedIn),
    /// It is not that of this user.
    WrongPassword(i64),
    /// Nobody of that mail address has one.
    NoPassword,
}

impl Service {
    /// Opens a session for the user of that mail address, if that is the password; takes as long when it is not, or when
    /// there is no such user.
    pub async fn sign_in_with_password(
        &self,
        address: &str,
        email: &str,
        password: String,
    ) -> ServiceResult<PasswordSignIn> {
        self.check_local_accounts()?;
        self.failed_logins().check(address, self.clock.now()).map_err(ServiceError::TooManyAttempts)?;
        let known = {
            let mut tx = self.db.read().await?;
            local_accounts::find_password(&mut tx, email).await?
        };
        // Outside of any transaction: others would wait for it.
        let hash = known.as_ref().map(|row| row.password_hash.clone());
        let turn = timeout(PATIENCE, HASHES.acquire()).await;
        let Ok(Ok(turn)) = turn else { return Err(ServiceError::TooManyAttempts(1)) };
        // Again: those that waited hear how the ones before them fared.
        self.failed_logins().check(address, self.clock.now()).map_err(ServiceError::TooManyAttempts)?;
        let judged = tokio::task::spawn_blocking(move || verify_password(&password, hash.as_deref())).await;
        let is_right = known.is_some() && judged.unwrap_or(false);
        let counted = if is_right { Ok(()) } else { self.failed_logins().fail(address, self.clock.now()) };
        drop(turn);
        counted.map_err(ServiceError::TooManyAttempts)?;
        match known {
            Some(row) if is_right => self.let_in(&row).await,
            Some(row) => Ok(PasswordSignIn::WrongPassword(row.user_id)),
            None => Ok(PasswordSignIn::NoPassword),
        }
    }

    /// Opens a session for whom the password is right.
    async fn let_in(&self, row: &PasswordRow) -> ServiceResult<PasswordSignIn> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let Some(signed_in) = open_session(&mut tx, row.user_id, now).await? else {
            return Ok(PasswordSignIn::NoPassword);
        };
        tx.act_as_user(row.user_id, &row.name);
        audit_log::record(&mut tx, [signed_in_entry(row.user_id, SignInMeans::Password)], now).await?;
        tx.commit().await?;
        Ok(PasswordSignIn::SignedIn(signed_in))
    }

    /// Opens a session for the user of a link, and uses the link up.
    pub async fn sign_in_with_link(&self, token: &str) -> ServiceResult<SignedIn> {
        self.check_local_accounts()?;
        let spent = || {
            let text = "This link has been used, is too old, or never was one; ask for a new one";
            ServiceError::NotFound(text.to_owned())
        };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let user = local_accounts::use_link(&mut tx, &hash_token(token), now).await?.ok_or_else(spent)?;
        let signed_in = open_session(&mut tx, user, now).await?.ok_or_else(spent)?;
        let user = users::find_user(&mut tx, user).await?.ok_or_else(spent)?;
        tx.act_as_user(user.id, &user.name);
        audit_log::record(&mut tx, [signed_in_entry(user.id, SignInMeans::Link)], now).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Makes a link for the user of that mail address; its token.
    pub async fn make_sign_in_link(&self, email: &str) -> ServiceResult<String> {
        let mut tx = self.db.write().await?;
        let user = find_user_by_email(&mut tx, email).await?;
        let token = make_link(&mut tx, user.id, self.clock.now()).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Makes the first user of an installation without any, an administrator, with a link; its token. Nothing when there
    /// are users, or none can sign in this way.
    pub async fn make_first_administrator(&self) -> ServiceResult<Option<String>> {
        if !self.settings.local_accounts {
            return Ok(None);
        }
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if users::count_users(&mut tx, &[]).await? > 0 {
            return Ok(None);
        }
        let email = FIRST_ADMINISTRATOR.to_owned();
        let new = NewUser { email, name: "Administrator".to_owned(), launchpad_handle: None };
        let (user, _) = users::find_or_create_user(&mut tx, &new, now).await?;
        users::update_is_admin(&mut tx, user.id, true, now).await?;
        let made = json!({"email": user.email, "name": user.name, "is_admin": true});
        audit_log::record(&mut tx, [Entry::created(AuditSubjectKind::User, user.id, &made)], now).await?;
        let token = make_link(&mut tx, user.id, now).await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Gives the user of that mail address a password. Who is signed in as that user is not any longer.
    pub async fn set_password(&self, email: &str, password: String) -> ServiceResult<()> {
        let length = password.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            let text = format!("A password has {SHORTEST} to {LONGEST} characters");
            return Err(ServiceError::Rule(text));
        }
        let mut salt = [0; 16];
        rand::rng().fill_bytes(&mut salt);
        let hash = compute(move || hash_password(&password, salt)).await.flatten();
        let hash = hash.ok_or_else(|| ServiceError::Rule("This password cannot be hashed".to_owned()))?;
        let mut tx = self.db.write().await?;
        let user = find_user_by_email(&mut tx, email).await?;
        let now = self.clock.now();
        local_accounts::update_password(&mut tx, user.id, &hash, now).await?;
        sessions::delete_sessions_of_user(&mut tx, user.id).await?;
        let entry = Entry::done(AuditAction::SetPassword, AuditSubjectKind::User, user.id);
        audit_log::record(&mut tx, [entry], now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where nobody signs in this way, there is nothing at these addresses.
    fn check_local_accounts(&self) -> ServiceResult<()> {
        if self.settings.local_accounts { Ok(()) } else { Err(ServiceError::NotFound("Not Found".to_owned())) }
    }
}

/// Of real chance also in tests: tokens that repeat themselves must not come into being anywhere.
async fn make_link(tx: &mut Tx, user_id: i64, now: Moment) -> StoreResult<String> {
    let mut random = [0; 32];
    rand::rng().fill_bytes(&mut random);
    let token = spell_token(random);
    local_accounts::create_link(tx, &hash_token(&token), user_id, now + LINK_LIFETIME, now).await?;
    // That it was, and nothing of the link.
    let entry = Entry::done(AuditAction::MakeLink, AuditSubjectKind::User, user_id);
    audit_log::record(tx, [entry], now).await?;
    Ok(token)
}

/// Computes something that takes long, where it keeps no request waiting; nothing if that failed.
async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _turn = HASHES.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}
