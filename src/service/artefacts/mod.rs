//! Artefacts, as the API shows them.

mod operate;
mod update;

use std::collections::HashMap;

use app::api::{
    ArtefactBuildMinimalResponse, ArtefactBuildResponse, ArtefactHistoryItemResponse, ArtefactHistoryResponse,
    ArtefactMinimalResponse, ArtefactResponse, ArtefactSearchResponse, ArtefactVersionResponse, FamilyName,
    ReviewerResponse,
};

use super::test_executions::show_executions;
use super::{Service, ServiceResult, artefact_not_found};
use crate::store::artefact_builds::{BuildRow, BundlingRow};
use crate::store::artefacts::{ArtefactRow, HistoryFilter, HistoryRow, NameFilter, ReviewerRow};
use crate::store::environment_reviews::ReviewCounts;
use crate::store::{StoreResult, Tx, artefact_builds, artefacts, environment_reviews, test_executions};

impl Service {
    /// The current artefacts of one family, or of all.
    pub async fn list_artefacts(&self, family: Option<FamilyName>) -> ServiceResult<Vec<ArtefactResponse>> {
        let mut tx = self.db.read().await?;
        let rows = artefacts::list_current_artefacts(&mut tx, family).await?;
        Ok(show_artefacts(&mut tx, rows).await?)
    }

    /// One artefact, archived or not.
    pub async fn get_artefact(&self, id: i64) -> ServiceResult<ArtefactResponse> {
        let mut tx = self.db.read().await?;
        let row = artefacts::find_artefact(&mut tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        show_artefact_row(&mut tx, row).await
    }

    /// Whether there is such an artefact.
    pub async fn check_artefact(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.read().await?;
        artefacts::find_artefact(&mut tx, id).await?.map(drop).ok_or_else(|| artefact_not_found(id))
    }

    /// A page of the distinct names of artefacts that are not archived.
    pub async fn search_artefacts(
        &self,
        filter: &NameFilter,
        limit: i64,
        offset: i64,
    ) -> ServiceResult<ArtefactSearchResponse> {
        let mut tx = self.db.read().await?;
        let names = artefacts::search_names(&mut tx, filter, limit, offset).await?;
        let count = artefacts::count_names(&mut tx, filter).await?;
        Ok(ArtefactSearchResponse { artefacts: names, count, limit, offset })
    }

    /// A page of the versions of a name, the last registered first; archived ones too.
    pub async fn list_history(
        &self,
        filter: &HistoryFilter,
        limit: i64,
        offset: i64,
    ) -> ServiceResult<ArtefactHistoryResponse> {
        let mut tx = self.db.read().await?;
        let items = artefacts::list_history(&mut tx, filter, limit, offset).await?;
        let items: Vec<_> = items.into_iter().map(show_history_item).collect();
        let total = artefacts::count_history(&mut tx, filter).await?;
        Ok(ArtefactHistoryResponse { count: i64::try_from(items.len()).unwrap_or(i64::MAX), total, items })
    }

    /// The versions beside an artefact's own, newest first.
    pub async fn list_versions(&self, id: i64) -> ServiceResult<Vec<ArtefactVersionResponse>> {
        let mut tx = self.db.read().await?;
        let versions = artefacts::list_versions(&mut tx, id).await?;
        // An artefact is a version of itself: no version at all means no artefact.
        if versions.is_empty() {
            return Err(artefact_not_found(id));
        }
        Ok(versions
            .into_iter()
            .map(|row| ArtefactVersionResponse { version: row.version, artefact_id: row.id })
            .collect())
    }

    /// An artefact's latest builds with every execution on them.
    pub async fn list_builds(&self, id: i64) -> ServiceResult<Vec<ArtefactBuildResponse>> {
        let mut tx = self.db.read().await?;
        artefacts::find_artefact(&mut tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        let builds = artefact_builds::list_latest_builds(&mut tx, id).await?;
        let build_ids: Vec<i64> = builds.iter().map(|build| build.id).collect();
        let executions = test_executions::list_executions_of_builds(&mut tx, &build_ids).await?;
        let places: Vec<i64> = executions.iter().map(|execution| execution.artefact_build_id).collect();
        let mut of_build = group_by(
            show_executions(&mut tx, executions).await?.into_iter().zip(places),
            |(_, build)| *build,
            |(execution, _)| execution,
        );
        let bundling = artefact_builds::list_bundling_artefacts(&mut tx, &build_ids).await?;
        let mut bundling = group_by(bundling, |row| row.artefact_build_id, show_bundling);
        Ok(builds
            .into_iter()
            .map(|build| ArtefactBuildResponse {
                test_executions: of_build.remove(&build.id).unwrap_or_default(),
                bundled_in: bundling.remove(&build.id).unwrap_or_default(),
                id: build.id,
                architecture: build.architecture,
                revision: build.revision.map(i64::from),
            })
            .collect())
    }
}

fn show_history_item(row: HistoryRow) -> ArtefactHistoryItemResponse {
    ArtefactHistoryItemResponse {
        artefact_id: row.id,
        name: row.name,
        version: row.version,
        stage: row.stage,
        created_at: row.created_at.into(),
    }
}

async fn show_artefact_row(tx: &mut Tx, row: ArtefactRow) -> ServiceResult<ArtefactResponse> {
    let id = row.id;
    let shown = show_artefacts(tx, vec![row]).await?;
    shown.into_iter().next().ok_or_else(|| artefact_not_found(id))
}

/// Those of the artefacts that exist, by id.
pub(super) async fn list_shown_artefacts(tx: &mut Tx, ids: &[i64]) -> StoreResult<HashMap<i64, ArtefactResponse>> {
    let rows = artefacts::list_artefacts(tx, ids).await?;
    Ok(show_artefacts(tx, rows).await?.into_iter().map(|artefact| (artefact.id, artefact)).collect())
}

/// Those of the builds that exist, by id.
pub(super) async fn list_builds(tx: &mut Tx, ids: &[i64]) -> StoreResult<HashMap<i64, ArtefactBuildMinimalResponse>> {
    let rows = artefact_builds::list_builds(tx, ids).await?;
    Ok(rows.into_iter().map(|build| (build.id, show_build(build))).collect())
}

/// Artefacts with what the API counts and lists of them: a fixed number of statements for any number of artefacts.
async fn show_artefacts(tx: &mut Tx, rows: Vec<ArtefactRow>) -> StoreResult<Vec<ArtefactResponse>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let counts = environment_reviews::count_environment_reviews(tx, &ids).await?;
    let counts: HashMap<i64, ReviewCounts> = counts.into_iter().map(|count| (count.artefact_id, count)).collect();
    let reviewers = artefacts::list_reviewers(tx, &ids).await?;
    let mut reviewers = group_by(reviewers, |row| row.artefact_id, show_reviewer);
    let bundled = artefact_builds::list_bundled_builds(tx, &ids).await?;
    let mut bundled = group_by(bundled, |row| row.artefact_id, show_build);
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = counts.get(&row.id).copied().unwrap_or_default();
            let reviewers = reviewers.remove(&row.id).unwrap_or_default();
            let bundled = bundled.remove(&row.id).unwrap_or_default();
            show_artefact(row, counts, reviewers, bundled)
        })
        .collect())
}

fn show_artefact(
    row: ArtefactRow,
    counts: ReviewCounts,
    reviewers: Vec<ReviewerResponse>,
    bundled_builds: Vec<ArtefactBuildMinimalResponse>,
) -> ArtefactResponse {
    ArtefactResponse {
        id: row.id,
        name: row.name,
        version: row.version,
        track: row.track,
        store: row.store,
        branch: row.branch,
        series: row.series,
        repo: row.repo,
        source: row.source,
        os: row.os,
        release: row.release,
        owner: row.owner,
        sha256: row.sha256,
        image_url: row.image_url,
        stage: row.stage,
        family: row.family,
        status: row.status,
        comment: row.comment,
        archived: row.archived,
        assignee: reviewers.first().cloned(),
        reviewers,
        due_date: row.due_date.map(|day| day.to_string()),
        created_at: row.created_at.into(),
        bug_link: row.bug_link,
        jira_issue: row.jira_issue,
        all_environment_reviews_count: counts.all_count,
        completed_environment_reviews_count: counts.completed_count,
        bundled_builds,
    }
}

fn show_reviewer(row: ReviewerRow) -> ReviewerResponse {
    ReviewerResponse {
        id: row.id,
        launchpad_handle: row.launchpad_handle,
        launchpad_email: row.email.clone(),
        email: row.email,
        name: row.name,
    }
}

fn show_build(row: BuildRow) -> ArtefactBuildMinimalResponse {
    ArtefactBuildMinimalResponse { id: row.id, architecture: row.architecture, revision: row.revision.map(i64::from) }
}

fn show_bundling(row: BundlingRow) -> ArtefactMinimalResponse {
    ArtefactMinimalResponse { id: row.id, name: row.name, version: row.version, family: row.family }
}

/// Rows by key, in their order.
pub(super) fn group_by<R, T>(
    rows: impl IntoIterator<Item = R>,
    key: impl Fn(&R) -> i64,
    value: impl Fn(R) -> T,
) -> HashMap<i64, Vec<T>> {
    let mut groups: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(value(row));
    }
    groups
}
