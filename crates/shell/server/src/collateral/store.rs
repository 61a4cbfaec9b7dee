//! All collateral there is: what directories hold and what was fetched, read together and put in
//! force as one generation after another.
//!
//! A directory that cannot be read, or a service that does not answer, leaves in force what was.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use casemate_attest::dcap::Collateral;
use casemate_attest::x509::{Certificate, Crl};
use casemate_attest::{Endorsements, Roots};
use casemate_dossier::{Dossier, Input, References};
use casemate_model::{Nanos, Timestamp};
use casemate_verifier::{Store as Newest, StoreFault};

use super::fetcher::{FetchError, Fetched, Fetcher};
use super::files::{Cache, Directory, Files, FilesError, chain_name};
use super::item::{Item, PckCa, Update};
use super::piece::{PieceName, Pieces, pieces};

/// One generation: what is in force from one change to the next.
#[derive(Clone, Debug, Default)]
pub struct Generation {
    /// Counts from 1; 0 is nothing yet.
    pub number: u64,
    /// Since when it is in force.
    pub since: Timestamp,
    /// What it vouches with.
    pub endorsements: Arc<Endorsements>,
    /// Reference values that came along.
    pub references: References,
    /// Intel's next set of TCB levels, where it is known.
    pub early: Endorsements,
    /// How long each piece is good.
    pub pieces: Pieces,
    /// Files in which nothing was found: name and reason.
    pub unused: Vec<(String, String)>,
}

impl Generation {
    /// When the first piece expires.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.pieces.values().map(|it| it.expires).min()
    }

    /// What has expired.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = String> {
        let expired = self.pieces.iter().filter(move |(_, it)| it.expires < now);
        expired.map(|(name, it)| format!("the {name} expired at {}", it.expires))
    }

    /// Whether a document is there that nobody fetched, as far as its name tells.
    fn has(&self, item: &Item) -> bool {
        match item {
            Item::TcbInfo { tee, fmspc, update: Update::Standard } => {
                self.pieces.contains_key(&PieceName::tcb_info(*tee, *fmspc))
            }
            Item::QeIdentity { tee, update: Update::Standard } => {
                self.pieces.contains_key(&PieceName::qe_identity(*tee))
            }
            Item::PckCrl { .. } | Item::RootCaCrl => {
                let part = match item {
                    Item::PckCrl { ca: PckCa::Processor } => "PCK Processor CA",
                    Item::PckCrl { ca: PckCa::Platform } => "PCK Platform CA",
                    _ => "Root CA",
                };
                self.pieces.keys().any(|it| matches!(it, PieceName::Crl(issuer) if issuer.contains(part)))
            }
            _ => false,
        }
    }
}

/// All collateral there is.
pub struct Store {
    sources: Mutex<Sources>,
    current: RwLock<Arc<Generation>>,
    cache: Option<Cache>,
    fetcher: Option<Fetcher>,
    roots: Roots,
}

struct Sources {
    directories: Vec<(Directory, Files, Update)>,
    fetched: Files,
    items: BTreeMap<Item, Held>,
    /// The newest of everything Intel signed that was ever in force, so that nothing older comes back.
    newest: Newest,
    /// Which generation of that is on disk.
    kept: u64,
}

/// What is known of a document that was fetched.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// When it was asked for last; 0 is by a process before.
    asked: Timestamp,
    /// When the next one is due.
    expires: Timestamp,
}

/// How long before it expires a document is fetched anew.
const AHEAD: Nanos = Nanos::from_secs(24 * 3600);
/// How long a service that has nothing newer is left alone.
const AGAIN: Nanos = Nanos::from_secs(3600);

impl Store {
    /// Reads directories and cache; `early` are those with Intel's next set of TCB levels. Without a fetcher nothing is ever asked for.
    ///
    /// # Errors
    ///
    /// What could not be read: whoever starts the service erred.
    pub fn open(
        directories: Vec<PathBuf>,
        early: Vec<PathBuf>,
        cache: Option<Cache>,
        fetcher: Option<Fetcher>,
        roots: Roots,
        now: Timestamp,
    ) -> Result<Self, FilesError> {
        let fetched = cache.as_ref().map_or_else(|| Ok(Files::new()), Cache::files)?;
        let mut read = Vec::new();
        let standard = directories.into_iter().map(|it| (it, Update::Standard));
        for (path, update) in standard.chain(early.into_iter().map(|it| (it, Update::Early))) {
            let mut directory = Directory::new(path);
            let files = directory.changed()?.unwrap_or_default();
            read.push((directory, files, update));
        }
        let mut newest = Newest::new(roots.clone());
        if let Some(cache) = &cache {
            newest.offer(&cache.newest()?);
        }
        let kept = newest.generation();
        let mut sources = Sources { directories: read, fetched, items: BTreeMap::new(), newest, kept };
        sources.remember_newest();
        let first = Arc::new(sources.generation(1, now));
        let (sources, current) = (Mutex::new(sources), RwLock::new(first));
        let store = Self { sources, current, cache, fetcher, roots };
        store.keep_newest(&mut store.sources());
        Ok(store)
    }

    /// What is in force.
    #[must_use]
    pub fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads again what changed on disk. The new generation, if there is one.
    ///
    /// # Errors
    ///
    /// What could not be read; the rest was.
    pub fn poll(&self, now: Timestamp) -> (Option<Arc<Generation>>, Vec<FilesError>) {
        let mut sources = self.sources();
        let (mut changed, mut errors) = (false, Vec::new());
        let Sources { directories, newest, .. } = &mut *sources;
        for (directory, files, update) in directories {
            match directory.changed() {
                Ok(None) => {}
                Ok(Some(now_there)) => {
                    if let Some(what) = older(newest, &now_there, *update) {
                        errors.push(FilesError::Older { path: directory.path().to_owned(), what });
                        continue;
                    }
                    changed |= *files != now_there;
                    *files = now_there;
                }
                Err(error) => errors.push(error),
            }
        }
        self.keep_newest(&mut sources);
        (changed.then(|| self.replace(&sources, now)), errors)
    }

    /// Whether anything is ever fetched.
    #[must_use]
    pub const fn fetches(&self) -> bool {
        self.fetcher.is_some()
    }

    /// What of this is not there, or has expired, and can be fetched.
    #[must_use]
    pub fn missing(&self, wanted: Vec<Item>, now: Timestamp) -> Vec<Item> {
        let Some(fetcher) = &self.fetcher else { return Vec::new() };
        let (mut sources, current) = (self.sources(), self.current());
        let mut is_missing = |item: &Item| match sources.held(item) {
            Some(held) => held.expires < now,
            None => !current.has(item) && fetcher.serves(item),
        };
        wanted.into_iter().filter(|it| is_missing(it)).collect()
    }

    /// Fetches these. The new generation, if there is one.
    ///
    /// # Errors
    ///
    /// What could not be fetched; the rest was.
    pub fn want(&self, items: Vec<Item>, now: Timestamp) -> (Option<Arc<Generation>>, Vec<FetchError>) {
        match &self.fetcher {
            Some(fetcher) => self.fetch(fetcher, items, now),
            None => (None, Vec::new()),
        }
    }

    /// What was fetched, expires soon, and was not asked for just now.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Item> {
        let is_due = |it: &Held| it.expires <= now.after(AHEAD) && now >= it.asked.after(AGAIN);
        let sources = self.sources();
        sources.items.iter().filter(|(_, it)| is_due(it)).map(|(item, _)| item.clone()).collect()
    }

    fn fetch(
        &self,
        fetcher: &Fetcher,
        items: Vec<Item>,
        now: Timestamp,
    ) -> (Option<Arc<Generation>>, Vec<FetchError>) {
        let (mut changed, mut errors) = (false, Vec::new());
        for item in items {
            let held = self.held(&item);
            let accept = |fetched: &Fetched| {
                acceptable(&item, fetched, &held, &self.roots, now)?;
                self.newer(&item, fetched)
            };
            match fetcher.fetch(&item, accept) {
                Ok(fetched) => changed |= self.keep(&item, &fetched, now),
                Err(error) => {
                    tracing::warn!(%error, "collateral was not fetched; what there was stays in force");
                    errors.push(error);
                }
            }
        }
        (changed.then(|| self.replace(&self.sources(), now)), errors)
    }

    /// Whether it is another than before.
    fn keep(&self, item: &Item, fetched: &Fetched, now: Timestamp) -> bool {
        if let Some(cache) = &self.cache
            && let Err(error) = cache.keep(item, fetched)
        {
            tracing::warn!(%error, "what was fetched could not be kept on disk");
        }
        let mut sources = self.sources();
        let name = item.file_name();
        let mut changed = false;
        let chain = fetched.issuer_chain.as_ref().map(|it| (chain_name(&name), it));
        for (name, bytes) in chain.into_iter().chain([(name, &fetched.body)]) {
            let before = sources.fetched.insert(name, bytes.as_slice().into());
            changed |= before.as_deref() != Some(bytes);
        }
        let expires = expires(&item.file_name(), &fetched.body.as_slice().into());
        sources.items.insert(item.clone(), Held { asked: now, expires });
        sources.remember_newest();
        self.keep_newest(&mut sources);
        changed
    }

    /// Why what was fetched is older than what was ever in force, wherever that came from.
    fn newer(&self, item: &Item, fetched: &Fetched) -> Result<(), String> {
        let name = item.file_name();
        if update(&name) == Update::Early {
            return Ok(());
        }
        let body: Arc<[u8]> = fetched.body.as_slice().into();
        let mut offered = dossier([(name, &body)]).endorsements;
        let older = self.sources().newest.substitute(&mut offered);
        older.first().map_or(Ok(()), |fault| Err(fault.to_string()))
    }

    /// Writes down what nothing older is to take the place of, for the process after this one.
    fn keep_newest(&self, sources: &mut Sources) {
        let (Some(cache), generation) = (&self.cache, sources.newest.generation()) else { return };
        if sources.kept == generation {
            return;
        }
        match cache.keep_newest(&sources.newest.endorsements()) {
            Ok(()) => sources.kept = generation,
            Err(error) => tracing::warn!(%error, "what is newest could not be kept on disk"),
        }
    }

    /// What is held of an item already.
    fn held(&self, item: &Item) -> Pieces {
        let sources = self.sources();
        let file = sources.fetched.get(&item.file_name());
        file.map_or_else(Pieces::new, |bytes| pieces(&dossier([(item.file_name(), bytes)]).endorsements))
    }

    fn replace(&self, sources: &Sources, now: Timestamp) -> Arc<Generation> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let next = Arc::new(sources.generation(current.number.saturating_add(1), now));
        tracing::info!(generation = next.number, pieces = next.pieces.len(), "new collateral is in force");
        *current = Arc::clone(&next);
        next
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sources {
    /// Everything of the set in force counts, whatever is said of it.
    fn remember_newest(&mut self) {
        let loose = self.directories.iter().filter(|(_, _, update)| *update == Update::Standard);
        let loose = loose.flat_map(|(_, files, _)| files);
        let fetched = self.fetched.iter().filter(|(name, _)| update(name) == Update::Standard);
        let all = dossier(loose.chain(fetched).map(|(name, bytes)| (name.clone(), bytes)));
        self.newest.offer(&all.endorsements);
    }

    fn generation(&self, number: u64, since: Timestamp) -> Generation {
        let of = |wanted: Update| {
            let loose = self.directories.iter().filter(move |(_, _, update)| *update == wanted);
            let loose = loose.flat_map(|(_, files, _)| files);
            let fetched = self.fetched.iter().filter(move |(name, _)| update(name) == wanted);
            dossier(loose.chain(fetched).map(|(name, bytes)| (name.clone(), bytes)))
        };
        let (mut enforced, early) = (of(Update::Standard), of(Update::Early));
        let unused = enforced
            .unused
            .drain(..)
            .map(|it| (it.name.clone(), it.why.to_string()))
            .collect::<BTreeMap<_, _>>();
        for (name, why) in &unused {
            tracing::warn!(name, why, "a file is of no use");
        }
        for older in self.newest.substitute(&mut enforced.endorsements) {
            tracing::warn!(%older, "a document is not put in force; the newer one stays");
        }
        let mut next = early.endorsements;
        if next != Endorsements::none() {
            // Certificates and revocation lists are the same for both.
            let Endorsements { certificates, crls, .. } = enforced.endorsements.clone();
            Dossier::endorse(&mut next, &Endorsements { certificates, crls, ..Endorsements::none() });
        }
        Generation {
            number,
            since,
            pieces: pieces(&enforced.endorsements),
            endorsements: Arc::new(enforced.endorsements),
            references: enforced.references,
            early: next,
            unused: unused.into_iter().collect(),
        }
    }

    /// What is known of a document, read from what a process before left if need be.
    fn held(&mut self, item: &Item) -> Option<Held> {
        if let Some(held) = self.items.get(item) {
            return Some(*held);
        }
        let name = item.file_name();
        let held = Held { asked: Timestamp(0), expires: expires(&name, self.fetched.get(&name)?) };
        self.items.insert(item.clone(), held);
        Some(held)
    }
}

/// What of a directory's new content is older than what was ever in force; if nothing is, it is what is
/// newest from now on. Of the early set nothing is in force.
fn older(newest: &mut Newest, files: &Files, update: Update) -> Option<String> {
    if update == Update::Early {
        return None;
    }
    let offered = dossier(files.iter().map(|(name, bytes)| (name.clone(), bytes))).endorsements;
    let mut with = newest.clone();
    let refused = with.offer(&offered).refused;
    let older = refused.into_iter().find(|it| matches!(it, StoreFault::Older { .. }));
    if older.is_none() {
        *newest = with;
    }
    older.map(|it| it.to_string())
}

/// When a document expires; never, where it has no such date.
fn expires(name: &str, bytes: &Arc<[u8]>) -> Timestamp {
    let pieces = pieces(&dossier([(name.to_owned(), bytes)]).endorsements);
    pieces.values().map(|it| it.expires).min().unwrap_or(Timestamp(u64::MAX))
}

/// Why what was fetched is not what was asked for, or no use: it is looked at whole, with its signature,
/// before it takes the place of anything.
fn acceptable(
    item: &Item,
    fetched: &Fetched,
    held: &Pieces,
    roots: &Roots,
    now: Timestamp,
) -> Result<(), String> {
    let name = item.file_name();
    let body: Arc<[u8]> = fetched.body.as_slice().into();
    let chain: Option<Arc<[u8]>> = fetched.issuer_chain.as_deref().map(Into::into);
    let chain = chain.as_ref().map(|it| (chain_name(&name), it));
    let read = dossier([(name, &body)].into_iter().chain(chain));
    if let Some(unused) = read.unused.first() {
        return Err(unused.why.to_string());
    }
    let endorsements = read.endorsements;
    let (wanted, is_there) = match item {
        Item::TcbInfo { .. } => ("one TCB Info", endorsements.tcb_infos.len() == 1),
        Item::QeIdentity { .. } => ("one QE identity", endorsements.qe_identities.len() == 1),
        Item::PckCrl { .. } | Item::RootCaCrl | Item::AmdCrl { .. } => {
            ("a revocation list", !endorsements.crls.is_empty())
        }
        Item::Vcek { .. } | Item::AmdChain { .. } => ("a certificate", !endorsements.certificates.is_empty()),
    };
    if !is_there {
        return Err(format!("there is not {wanted} in it"));
    }
    for (name, piece) in &pieces(&endorsements) {
        let asked = match item {
            Item::TcbInfo { tee, fmspc, .. } => Some(PieceName::tcb_info(*tee, *fmspc)),
            Item::QeIdentity { tee, .. } => Some(PieceName::qe_identity(*tee)),
            _ => None,
        };
        if let Some(asked) = asked.filter(|it| it != name) {
            return Err(format!("it is the {name}, and the {asked} was asked for"));
        }
        if piece.expires < now {
            return Err(format!("the {name} expired at {}", piece.expires));
        }
        if let Some(held) = held.get(name).filter(|it| it.issued > piece.issued) {
            return Err(format!(
                "the {name} of {} is older than the one held, of {}",
                piece.issued, held.issued
            ));
        }
    }
    signed(&endorsements, roots)
}

/// Why it is not signed by whom it should be. A list whose issuer is not known here is left to whoever
/// uses it.
fn signed(endorsements: &Endorsements, roots: &Roots) -> Result<(), String> {
    // Lists are looked at below: by themselves they would be rejected for want of their issuers.
    let documents = Endorsements { crls: Vec::new(), ..endorsements.clone() };
    if let Some(fault) = Collateral::verify(&documents, roots).rejected().first() {
        return Err(fault.to_string());
    }
    let issuers: Vec<Certificate> =
        endorsements.certificates.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    for der in &endorsements.crls {
        let list = Crl::parse(der).map_err(|error| error.to_string())?;
        if let Some(issuer) = issuers.iter().find(|it| it.subject() == list.issuer()) {
            list.verify(issuer, "revocation list").map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Of which set a fetched document is, by the name of its file.
fn update(file_name: &str) -> Update {
    if file_name.contains("-early.json") { Update::Early } else { Update::Standard }
}

fn dossier<'a>(files: impl IntoIterator<Item = (String, &'a Arc<[u8]>)>) -> Dossier {
    let inputs: Vec<Input> =
        files.into_iter().map(|(name, bytes)| Input { name, bytes: bytes.to_vec() }).collect();
    Dossier::of(&inputs)
}
