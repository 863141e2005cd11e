//! Promotion: snaps and debs follow what the store and the archive say of them.
//!
//! A run reads the artefacts, asks without a connection to the database, and then moves each artefact in a transaction of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use app::api::{AuditSubjectKind, DebStage, EventKind, FamilyName};
use futures::{StreamExt, stream};
use serde_json::json;

use super::Service;
use super::jobs::{JobError, JobOutcome, JobResult};
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::domain::promotion::{Finding, PackageNames, Place, Release, find_deb, find_snap};
use crate::integrations::deb_archive::{ReadIndex, index_url, read_versions};
use crate::integrations::http_client::HttpClient;
use crate::integrations::snap_store::list_releases;
use crate::integrations::unchanged::Memory;
use crate::integrations::upstream::UpstreamSettings;
use crate::store::artefacts::ArtefactRow;
use crate::store::{StoreResult, artefact_builds, artefacts, audit_log};

/// As many questions are on the way at a time.
const AT_A_TIME: usize = 4;

/// An artefact that may have moved.
struct Candidate {
    artefact: ArtefactRow,
    /// What any of its builds is for.
    architectures: BTreeSet<String>,
}

/// What others say to each question, or for the log why they do not. Every question is asked once in a run.
type Said<Q, A> = HashMap<Q, Result<Arc<A>, String>>;

struct Answers {
    /// By name and store.
    releases: Said<(String, String), Vec<Release>>,
    /// By the address of an index.
    indexes: Said<String, ReadIndex>,
}

impl Service {
    /// Asks where the current snaps and debs are published by now, and moves or archives those that are elsewhere. Only stage
    /// and archived change, and only where nobody has changed them meanwhile.
    ///
    /// Done are the artefacts of which something is known, failed those of which it is not; they stay as they are.
    pub async fn promote_artefacts(&self) -> JobResult {
        let candidates = self.list_candidates().await?;
        if candidates.is_empty() {
            return Ok(JobOutcome::default());
        }
        let http = self.http.get().map_err(JobError::Remote)?;
        let upstream = &self.settings.upstream;
        let answers = Answers {
            releases: ask_store(http, &self.upstream.releases, &upstream.snap_store_url, &candidates).await,
            indexes: ask_archive(http, &self.upstream.indexes, upstream, &candidates).await,
        };
        let mut outcome = JobOutcome::default();
        for candidate in &candidates {
            match self.promote(candidate, &answers).await {
                Ok(()) => outcome.done += 1,
                Err(reason) => {
                    outcome.failed += 1;
                    let ArtefactRow { id, family, name, version, .. } = &candidate.artefact;
                    let label = format!("{family} - {name} - {version}");
                    tracing::error!(
                        artefact.id = id,
                        artefact = label,
                        reason,
                        "nobody can say how far an artefact is"
                    );
                }
            }
        }
        tracing::info!(
            done = outcome.done,
            failed = outcome.failed,
            "artefacts were looked for where they are published"
        );
        Ok(outcome)
    }

    async fn list_candidates(&self) -> StoreResult<Vec<Candidate>> {
        let mut tx = self.db.read().await?;
        let mut rows = artefacts::list_current_artefacts(&mut tx, Some(FamilyName::Snap)).await?;
        rows.extend(artefacts::list_current_artefacts(&mut tx, Some(FamilyName::Deb)).await?);
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut architectures: HashMap<i64, BTreeSet<String>> = HashMap::new();
        for (id, architecture) in artefact_builds::list_architectures_of(&mut tx, &ids).await? {
            architectures.entry(id).or_default().insert(architecture);
        }
        let candidate = |artefact: ArtefactRow| {
            let architectures = architectures.remove(&artefact.id).unwrap_or_default();
            Candidate { artefact, architectures }
        };
        Ok(rows.into_iter().map(candidate).collect())
    }

    async fn promote(&self, candidate: &Candidate, answers: &Answers) -> Result<(), String> {
        let artefact = &candidate.artefact;
        let finding = match artefact.family {
            FamilyName::Snap => candidate.find_snap(answers)?,
            _ => candidate.find_deb(&self.settings.upstream, answers)?,
        };
        let place = finding.place(&artefact.stage);
        if place.stage == artefact.stage && place.archived == artefact.archived {
            return Ok(());
        }
        let is_moved = self.move_artefact(artefact, &place).await.map_err(|error| error.to_string())?;
        let Place { stage, archived } = &place;
        if is_moved {
            tracing::info!(artefact.id = artefact.id, stage, archived, "an artefact was found elsewhere");
        } else {
            tracing::info!(artefact.id = artefact.id, "an artefact is left alone: somebody has just changed it");
        }
        Ok(())
    }

    async fn move_artefact(&self, before: &ArtefactRow, place: &Place) -> StoreResult<bool> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if !artefacts::move_artefact(&mut tx, before.id, &before.stage, place, now).await? {
            return Ok(false);
        }
        let was = json!({"stage": before.stage, "archived": before.archived});
        let became = json!({"stage": place.stage, "archived": place.archived});
        let entry = Entry::updated(AuditSubjectKind::Artefact, before.id, &was, &became);
        audit_log::record(&mut tx, entry, now).await?;
        tx.announce(Event::of_artefact(EventKind::Artefact, before.id, before.family));
        tx.commit().await?;
        Ok(true)
    }
}

impl Candidate {
    /// What to ask the store for a snap: name and store.
    fn listing(&self) -> Option<(String, String)> {
        let ArtefactRow { family, name, store, .. } = &self.artefact;
        (*family == FamilyName::Snap && !store.is_empty()).then(|| (name.clone(), store.clone()))
    }

    /// What to read for a deb: each pocket's index for each architecture. One without a stage comes from elsewhere.
    fn indexes(&self, upstream: &UpstreamSettings) -> Result<Vec<(DebStage, String)>, String> {
        let ArtefactRow { family, stage, series, repo, .. } = &self.artefact;
        if *family != FamilyName::Deb || stage.is_empty() {
            return Ok(Vec::new());
        }
        let pockets = |architecture| DebStage::ALL.iter().map(move |pocket| (architecture, *pocket));
        let indexes = self.architectures.iter().flat_map(pockets);
        indexes.map(|(built_for, pocket)| Ok((pocket, index_url(upstream, series, pocket, repo, built_for)?))).collect()
    }

    fn find_snap(&self, answers: &Answers) -> Result<Finding, String> {
        let listing = self.listing().ok_or("it has no store")?;
        let releases = answers.releases.get(&listing).ok_or("the store was not asked")?.as_ref()?;
        Ok(find_snap(releases, &self.artefact.track, &self.artefact.version, &self.architectures))
    }

    /// An index that is missing could have been the one that has it.
    fn find_deb(&self, upstream: &UpstreamSettings, answers: &Answers) -> Result<Finding, String> {
        let mut indexes = Vec::new();
        for (pocket, url) in self.indexes(upstream)? {
            let index = answers.indexes.get(&url).ok_or("an index was not read")?.as_ref();
            indexes.push((pocket, &index.map_err(|reason| format!("{url}: {reason}"))?.versions));
        }
        Ok(find_deb(&self.artefact.name, &self.artefact.version, &indexes))
    }
}

async fn ask_store(
    http: &HttpClient,
    memory: &Memory<(String, String), Vec<Release>>,
    store_url: &str,
    candidates: &[Candidate],
) -> Said<(String, String), Vec<Release>> {
    let questions: BTreeSet<(String, String)> = candidates.iter().filter_map(Candidate::listing).collect();
    memory.keep(|snap| questions.contains(snap));
    let ask = move |snap: (String, String)| async move {
        let releases = list_releases(http, memory, store_url, &snap).await;
        (snap, releases)
    };
    stream::iter(questions).map(ask).buffer_unordered(AT_A_TIME).collect().await
}

async fn ask_archive(
    http: &HttpClient,
    memory: &Memory<String, ReadIndex>,
    upstream: &UpstreamSettings,
    candidates: &[Candidate],
) -> Said<String, ReadIndex> {
    let mut questions: BTreeMap<String, PackageNames> = BTreeMap::new();
    for candidate in candidates {
        // What makes no address fails with the artefact that it belongs to.
        for (_, url) in candidate.indexes(upstream).into_iter().flatten() {
            questions.entry(url).or_default().insert(&candidate.artefact.name);
        }
    }
    memory.keep(|url| questions.contains_key(url));
    let ask = move |(url, names): (String, PackageNames)| async move {
        let index = read_versions(http, memory, url.clone(), names).await;
        (url, index)
    };
    stream::iter(questions).map(ask).buffer_unordered(AT_A_TIME).collect().await
}
