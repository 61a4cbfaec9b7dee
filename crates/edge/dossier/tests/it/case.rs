//! The shared data's cases, each cited by its name and skipped by it where the data is absent.

use std::fs;
use std::path::{Path, PathBuf};

use casemate_attest::Roots;
use casemate_dossier::{Dossier, Examiner, Input, References, Verdict};
use casemate_model::Timestamp;
use casemate_policy::{EvidencePolicy, Question};
use serde_json::Value;

/// A case's folder.
pub(crate) struct Case {
    path: PathBuf,
    /// What is expected of it.
    pub(crate) expected: Value,
}

/// Where the cases are, or `None` with a line that says what was skipped.
pub(crate) fn base(test: &str) -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "a test finds its data by the environment")]
    let base = std::env::var_os("CASEMATE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"),
        PathBuf::from,
    );
    let base = base.join("evidence");
    if base.exists() {
        return Some(base);
    }
    println!("skipped: {test}: no data at {}", base.display());
    None
}

impl Case {
    pub(crate) fn open(test: &str, name: &str) -> Option<Self> {
        let path = base(test)?.join(name);
        let expected = fs::read(path.join("expected.json")).expect("a case has its expectation");
        Some(Self { path, expected: serde_json::from_slice(&expected).expect("JSON") })
    }

    pub(crate) fn inputs(&self) -> Vec<Input> {
        inputs(&self.path)
    }

    pub(crate) fn file(&self, name: &str) -> Input {
        Input { name: name.to_owned(), bytes: fs::read(self.path.join(name)).expect("a file of the case") }
    }

    /// The pinned instant; where the case has no dates, any.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix_secs(self.expected["now_unix"].as_u64().unwrap_or(1_750_809_600))
    }

    pub(crate) fn nonce(&self) -> Option<Vec<u8>> {
        let digits = self.expected["nonce_extraData_hex"].as_str()?;
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
        Some(pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect())
    }

    /// The verdicts on everything in the folder, by the published default.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        verdicts(&self.inputs(), self.now(), self.nonce().as_deref(), &EvidencePolicy::published_default())
    }
}

/// The files of a folder, by name.
pub(crate) fn inputs(path: &Path) -> Vec<Input> {
    let mut files: Vec<_> =
        fs::read_dir(path).expect("a folder").map(|it| it.expect("an entry").path()).collect();
    files.sort();
    let input = |it: &PathBuf| Input {
        name: it.file_name().expect("a name").to_string_lossy().into_owned(),
        bytes: fs::read(it).expect("it can be read"),
    };
    files.iter().map(input).collect()
}

/// The verdicts on everything in these files.
pub(crate) fn verdicts(
    inputs: &[Input],
    now: Timestamp,
    nonce: Option<&[u8]>,
    policy: &EvidencePolicy,
) -> Vec<Verdict> {
    let dossier = Dossier::of(inputs);
    let roots = Roots::production();
    let (endorsements, references): (_, &References) = (&dossier.endorsements, &dossier.references);
    let question = Question { nonce, tenant: None, now };
    let examiner = Examiner { endorsements, references, roots: &roots, policy, question };
    dossier.statements_or_why_none().iter().map(|it| examiner.examine("case", it)).collect()
}
