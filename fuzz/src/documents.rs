//! Text and files: manifests, policies, whatever an attester sends as files, signed results.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use casemate_dossier::{Dossier, Examiner, Input, recognise};
use casemate_manifest::{Class, Options, Source, inspect, read, read_policy, read_to_plan};
use casemate_model::Timestamp;
use casemate_policy::result::{
    Algorithm, Ear, Issue, SignError, Signer, VerifierId, VerifierKey, VerifierKeys, open,
};
use casemate_policy::{EvidencePolicy, Question, judge_claims};

use crate::vectors::{NOW, all, named};

/// Any bytes as a manifest: read to be run, to be planned and as a policy, and inspected.
///
/// Asserted: places lie in the text; numbers can be; an inspection can be written as JSON.
pub(crate) fn manifest(bytes: Vec<u8>) {
    let Ok(source) = Source::from_bytes("f.yaml", bytes) else { return };
    // YAML breaks lines at carriage returns as well.
    let lines = source.text.matches(['\n', '\r']).count() + 1;

    let reading = read(std::slice::from_ref(&source));
    let plan = read_to_plan(std::slice::from_ref(&source), &Options::default());
    for problem in reading.problems.iter().chain(&plan.problems) {
        let place = &problem.place;
        assert!(source.text.get(place.offset..place.offset + place.len).is_some(), "{problem}");
        assert!((1..=lines + 1).contains(&place.line) && place.column >= 1, "{problem}");
    }
    for entry in &plan.nodes {
        assert!(entry.node.devices.values().all(|amount| *amount > 0), "{entry:?}");
        assert!(entry.node.tee.is_some() || entry.offers.iter().all(|it| it.tee().is_none()), "{entry:?}");
        let hardware = &entry.node.hardware;
        let epc: u64 = hardware.numa.iter().map(|numa| numa.epc.0).sum();
        assert!(epc == 0 || epc == entry.node.capacity.epc.0, "{entry:?}");
        let adds_up =
            |(kind, units): (_, &Vec<u64>)| entry.node.devices.get(kind) == Some(&units.iter().sum());
        assert!(hardware.units.iter().all(adds_up), "{entry:?}");
    }
    let _ = read_policy(&source);

    let inspection = inspect(&[source]);
    for entry in &inspection.workloads {
        assert!((1..=lines + 1).contains(&entry.line), "{entry:?}");
        assert!(entry.class == Class::NotConfidential || !entry.facts.is_empty(), "{entry:?}");
        assert!(entry.class != Class::NotConfidential || entry.tee.is_none(), "{entry:?}");
        for fact in &entry.facts {
            assert!((1..=lines + 1).contains(&fact.line) && fact.column >= 1, "{fact:?}");
        }
        for finding in &entry.findings {
            assert!((1..=lines + 1).contains(&finding.line) && finding.column >= 1, "{finding:?}");
        }
    }
    serde_json::to_vec(&inspection).expect("an inspection can always be written");
}

pub(crate) fn manifest_seeds() -> Vec<Vec<u8>> {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  runtimeClassName: kata-cc\n  containers:\n  \
               - name: c\n    image: i\n    resources:\n      limits:\n        sgx.intel.com/epc: 64Mi\n        memory: 1Gi\n";
    let anchors =
        "a: &a [1, 2]\nb: *a\n---\nkind: List\nitems:\n- {kind: Job, spec: {template: {spec: {}}}}\n";
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: w1, labels: {a: b}}\nspec: {taints: [{key: k, effect: NoExecute}]}\n\
                status: {allocatable: {cpu: 1, sgx.intel.com/epc: 1Mi, tdx.intel.com/keys: 3, nvidia.com/gpu: 1}}\n";
    let wishes = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {casemate.dev/tees: \"tdx,sev-snp\", casemate.dev/needs: fork}}\n\
                  spec:\n  initContainers: [{name: s, image: i, restartPolicy: Always}]\n  containers: [{name: c, image: i}]\n  \
                  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: z, labelSelector: {}}]}}\n  \
                  topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]\n  \
                  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n";
    let zones = "apiVersion: v1\nkind: Node\nmetadata: {name: w1, annotations: {casemate.dev/numa-epc: \"1Mi,1Mi\"}}\n\
                 status: {allocatable: {sgx.intel.com/epc: 2Mi, aliyun.com/gpu-mem: 9, aliyun.com/gpu-count: 2}}\n---\n\
                 apiVersion: topology.node.k8s.io/v1alpha2\nkind: NodeResourceTopology\nmetadata: {name: w1}\n\
                 zones: [{name: n0, type: Node, costs: [{name: n1, value: 21}]}, {name: n1, type: Node}]\n";
    vec![pod.into(), anchors.into(), node.into(), wishes.into(), zones.into()]
}

/// Any bytes as a policy.
///
/// Asserted: a problem's place lies in the text.
pub(crate) fn policy(bytes: Vec<u8>) {
    let Ok(source) = Source::from_bytes("f.yaml", bytes) else { return };
    if let Err(problems) = read_policy(&source) {
        let _ = format!("{problems:?}");
    }
}

pub(crate) fn policy_seeds() -> Vec<Vec<u8>> {
    crate::garbage::policies()
}

/// Any bytes as a file of an attester: told apart, put in order, verified, judged, inspected.
pub(crate) fn dossier(bytes: Vec<u8>) {
    let _ = recognise(&bytes);
    let dossier = Dossier::of(&[Input { name: "file".into(), bytes }]);
    let vector = named("nitro");
    let policy = EvidencePolicy::published_default();
    let examiner = Examiner {
        endorsements: &dossier.endorsements,
        references: &dossier.references,
        roots: &vector.roots,
        policy: &policy,
        question: Question { nonce: None, tenant: None, now: NOW },
    };
    for found in dossier.statements_or_why_none() {
        let verdict = examiner.examine("file", &found);
        assert!(!format!("{verdict:?}").is_empty());
    }
}

pub(crate) fn dossier_seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = all().iter().map(|it| it.evidence.as_bytes().to_vec()).collect();
    seeds.extend(crate::parsers::certificate_seeds());
    let nitro = named("nitro").evidence.as_bytes();
    seeds.push(nitro.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    let anchors = r#"[{"pkey":{"crv":"P-256","kty":"EC","x":"AA","y":"AA"},"implementation-id":"00","instance-id":"01"}]"#;
    let collateral =
        r#"{"tcb_info":"{\"id\":\"TDX\"}","tcb_info_signature":"00","qe_identity":"{}","root_ca_crl":"30"}"#;
    seeds.extend([anchors.as_bytes().to_vec(), collateral.as_bytes().to_vec()]);
    seeds
}

/// Any bytes as a signed result.
///
/// Asserted: the only result that opens is the one that was signed.
pub(crate) fn ear(bytes: Vec<u8>) {
    let Ok(token) = std::str::from_utf8(&bytes) else { return };
    let (good, keys) = result();
    match open(token, keys, NOW) {
        Ok(_) => assert_eq!(token, good),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let _ = VerifierKeys::from_jwks(&bytes);
}

pub(crate) fn ear_seeds() -> Vec<Vec<u8>> {
    let (token, keys) = result();
    vec![token.clone().into_bytes(), keys.to_jwks().to_string().into_bytes()]
}

/// A result, and the keys it opens with.
fn result() -> &'static (String, VerifierKeys) {
    static RESULT: OnceLock<(String, VerifierKeys)> = OnceLock::new();
    RESULT.get_or_init(|| {
        let claims = &named("nitro").claims;
        let question = Question { nonce: None, tenant: None, now: NOW };
        let judgement = judge_claims(claims, &EvidencePolicy::published_default(), &question);
        let verifier = VerifierId { developer: "https://example.org".into(), build: "fuzz".into() };
        let issue = Issue { verifier: &verifier, policy: "default", nonce: None, now: NOW };
        let key = Key(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));
        let public = key.0.public_key().as_ref().to_vec();
        let verifier_key = VerifierKey {
            algorithm: Algorithm::Es256,
            public,
            not_before: Timestamp(0),
            not_after: Timestamp(u64::MAX),
        };
        let keys = VerifierKeys::new([(key.kid().to_owned(), verifier_key)]).expect("a set of keys");
        (Ear::new(claims, &judgement, &issue).sign(&key).expect("a signed result"), keys)
    })
}

struct Key(EcdsaKeyPair);

impl Signer for Key {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Es256
    }

    fn kid(&self) -> &str {
        "fuzz"
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.0.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec())
    }
}
