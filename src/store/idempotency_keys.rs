//! Idempotency keys: a write that carries one has its effect and its first answer stored in one transaction, so that a
//! repetition finds either nothing of it or all of it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Db, IdRow, Moment, StoreError, StoreResult, Tx, on};

tokio::task_local! {
    /// The promise that the request at hand was made under.
    static CURRENT: Arc<Promise>;
}

/// What a request promises: it is the same as every other one with this key.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who makes it; keys of different callers have nothing to do with each other.
    pub principal: String,
    /// The key.
    pub key: String,
    /// What the request asks for: repetitions have the same.
    pub fingerprint: String,
    /// When.
    pub now: Moment,
    /// As long as the answer is kept.
    pub lifetime: TimeDelta,
}

/// What a request was answered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptAnswer {
    /// The status code.
    pub status: i32,
    /// The body.
    pub body: String,
    /// What was said beside the body: names and values of headers.
    #[sqlx(json)]
    pub headers: Vec<(String, String)>,
}

/// How a request under a claim ended.
#[derive(Debug)]
pub enum Outcome<T> {
    /// Nothing was written.
    Unwritten(T),
    /// Something was written, and waits for [`PendingAnswer::keep`].
    Written(T, PendingAnswer),
    /// It was answered before.
    Repeated(KeptAnswer),
    /// The key belongs to another request.
    Misused,
}

/// A written transaction that waits for its answer. Dropped, it leaves nothing behind.
pub struct PendingAnswer {
    tx: Tx,
    claim: Claim,
}

impl std::fmt::Debug for PendingAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingAnswer").field("claim", &self.claim).finish_non_exhaustive()
    }
}

/// A claim, and what became of the transaction that the request wrote in.
pub(super) struct Promise {
    claim: Claim,
    state: Mutex<State>,
}

enum State {
    Open,
    Held(Box<Tx>),
    Repeated(KeptAnswer),
    Misused,
}

/// Runs a request under a claim: what it commits is held back until its answer is known.
pub async fn under_claim<T>(claim: Claim, request: impl Future<Output = T>) -> Outcome<T> {
    let promise = Arc::new(Promise { claim: claim.clone(), state: Mutex::new(State::Open) });
    let answer = CURRENT.scope(promise.clone(), request).await;
    match promise.set(State::Open) {
        State::Open => Outcome::Unwritten(answer),
        State::Held(tx) => Outcome::Written(answer, PendingAnswer { tx: *tx, claim }),
        State::Repeated(kept) => Outcome::Repeated(kept),
        State::Misused => Outcome::Misused,
    }
}

impl PendingAnswer {
    /// Makes what was written and its answer durable, both or neither.
    pub async fn keep(mut self, answer: &KeptAnswer) -> StoreResult<()> {
        on!(&mut self.tx, |conn, _| sqlx::query(
            "UPDATE idempotency_key SET status = $3, body = $4, headers = $5, updated_at = $6
             WHERE principal = $1 AND key = $2"
        )
        .bind(&self.claim.principal)
        .bind(&self.claim.key)
        .bind(answer.status)
        .bind(&answer.body)
        .bind(Json(&answer.headers))
        .bind(self.claim.now)
        .execute(conn)
        .map_ok(drop))?;
        self.tx.commit_now().await
    }
}

impl Promise {
    /// The promise of the request at hand, if it made one.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    fn set(&self, state: State) -> State {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    /// Keeps a transaction that the request has committed until its answer is known.
    pub(super) fn hold(&self, tx: Tx) {
        self.set(State::Held(Box::new(tx)));
    }

    /// Takes the key inside the request's transaction. A request with the same key that is still at work makes this one
    /// wait for its end.
    pub(super) async fn redeem(&self, tx: &mut Tx) -> StoreResult<()> {
        let claim = &self.claim;
        on!(tx, |conn, _| sqlx::query(
            "DELETE FROM idempotency_key WHERE principal = $1 AND key = $2 AND expires_at <= $3"
        )
        .bind(&claim.principal)
        .bind(&claim.key)
        .bind(claim.now)
        .execute(conn)
        .map_ok(drop))?;
        let taken: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
            "INSERT INTO idempotency_key (principal, key, fingerprint, expires_at, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(&claim.principal)
        .bind(&claim.key)
        .bind(&claim.fingerprint)
        .bind(claim.now + claim.lifetime)
        .bind(claim.now)
        .fetch_optional(conn))?;
        if taken.is_some() {
            return Ok(());
        }
        let kept: Option<KeptAnswer> = on!(tx, |conn, _| sqlx::query_as(
            "SELECT status, body, headers FROM idempotency_key
             WHERE principal = $1 AND key = $2 AND fingerprint = $3 AND status IS NOT NULL",
        )
        .bind(&claim.principal)
        .bind(&claim.key)
        .bind(&claim.fingerprint)
        .fetch_optional(conn))?;
        self.set(kept.map_or(State::Misused, State::Repeated));
        Err(StoreError::AlreadyAnswered)
    }
}

impl Db {
    /// Forgets the answers whose time is over; how many there were.
    pub async fn forget_expired_answers(&self, now: Moment) -> StoreResult<u64> {
        let mut tx = self.write().await?;
        let forgotten = on!(&mut tx, |conn, _| sqlx::query("DELETE FROM idempotency_key WHERE expires_at <= $1")
            .bind(now)
            .execute(conn)
            .map_ok(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(forgotten)
    }
}
