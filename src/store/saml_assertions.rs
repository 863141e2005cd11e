//! Assertions of a SAML identity provider that were taken: none is taken twice, by whichever server.

use futures::TryFutureExt;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// An assertion, as long as it would be believed.
#[derive(Clone, Copy, Debug)]
pub struct TakenAssertion<'a> {
    /// What the identity provider calls itself.
    pub issuer: &'a str,
    /// What it calls the assertion.
    pub id: &'a str,
    /// From then on nobody believes it.
    pub expires_at: Moment,
}

/// Takes an assertion; whether nobody has taken it before. Two who take the same at once wait for each other. What has
/// expired is forgotten on the way.
pub async fn take_assertion(tx: &mut Tx, assertion: TakenAssertion<'_>, now: Moment) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM saml_assertion WHERE expires_at <= $1")
        .bind(now)
        .execute(conn)
        .map_ok(drop))?;
    let taken: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO saml_assertion (issuer, assertion_id, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(assertion.issuer)
    .bind(assertion.id)
    .bind(assertion.expires_at)
    .bind(now)
    .fetch_optional(conn))?;
    Ok(taken.is_some())
}
