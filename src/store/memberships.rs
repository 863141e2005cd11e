//! Joining teams by their names, any number of them at once.

use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on};

#[derive(sqlx::FromRow)]
struct NameRow {
    name: String,
}

/// What joining teams changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Teams that were made for it, with their names.
    pub made: Vec<(i64, String)>,
    /// Teams that were joined.
    pub teams: Vec<i64>,
}

/// Those of the names that teams have, in order.
pub async fn list_known_names(tx: &mut Tx, names: &[String]) -> StoreResult<Vec<String>> {
    let names = Json(names);
    let rows: Vec<NameRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT name FROM team WHERE name IN texts($1) ORDER BY name"))
            .bind(names)
            .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// Makes a user, who has to be locked, a member of the teams of these names. Teams that are missing are made, with no
/// permissions and no rules.
///
/// They are made in one order, so that two who bring the same new names wait for each other instead of locking each
/// other out.
pub async fn join_teams(tx: &mut Tx, user_id: i64, names: &[String], now: Moment) -> StoreResult<Joined> {
    let names = Json(names);
    let made: Vec<(i64, String)> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("INSERT INTO team (name, created_at, updated_at)
         SELECT wanted.value, $2, $2 FROM texts($1) AS wanted WHERE TRUE ORDER BY wanted.value
         ON CONFLICT DO NOTHING RETURNING id, name"))
        .bind(names)
        .bind(now)
        .fetch_all(conn))?;
    let joined: Vec<(i64,)> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("INSERT INTO team_users_association (user_id, team_id)
         SELECT $1, team.id FROM team WHERE team.name IN texts($2) ORDER BY team.id ON CONFLICT DO NOTHING
         RETURNING team_id"))
        .bind(user_id)
        .bind(names)
        .fetch_all(conn))?;
    Ok(Joined { made, teams: joined.into_iter().map(|(id,)| id).collect() })
}
