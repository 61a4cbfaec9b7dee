//! Nodes that ask to be admitted: the one that may, and everybody who only looks like it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use casemate_attest::Product;
use casemate_attest::binding::platform_report_data;
use casemate_attest::claims::SnpKey;
use casemate_model::{Digest, NodeIdentity, NodeName, Nonce, Tee};
use casemate_policy::evidence::{Accept, Rules, SnpRules};
use casemate_policy::{EvidenceDraft, Platform, VerifierKeys, reopen};
use casemate_server::NONCE_LIFE;
use casemate_softtee::synthetic::snp::SnpRoot;
use serde_json::{Value, json};

use crate::clock::START;
use crate::service::Running;

const TOKEN: &str = "correct-horse-battery-staple";
const AGENT_KEY: &[u8] = b"an agent's public key";

/// A machine of AMD's in a service's state directory: who has it, has its chip.
struct Machine {
    root: SnpRoot,
}

impl Machine {
    fn new() -> Self {
        Self { root: SnpRoot::new(START, Product::Genoa, SnpKey::Vcek) }
    }

    /// Evidence for a nonce, made on this boot by this agent.
    fn evidence(&self, nonce: Nonce, node: &NodeIdentity, agent_key: &[u8]) -> Vec<u8> {
        let mut content = self.root.content();
        content[0x50..0x90].copy_from_slice(&platform_report_data(&nonce, node, agent_key).0);
        self.root.report_of(&content)
    }

    fn measurement(&self) -> Digest {
        Digest::new(&self.root.content()[0x90..0xc0]).expect("48 bytes")
    }
}

fn node(uid: &str) -> NodeIdentity {
    NodeIdentity { uid: uid.to_owned(), boot_id: "boot-1".to_owned() }
}

/// A service that knows what the machine's guest was launched from, and has its certificates.
fn start(machine: &Machine, measurement: Accept<Digest>) -> Running {
    let service = Running::with(|config| {
        let token = config.state.join("token");
        fs::write(&token, TOKEN).expect("writable");
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).expect("our file");
        config.admin_token = Some(token);
        let folder = config.state.join("amd");
        fs::create_dir(&folder).expect("writable");
        for (nth, der) in machine.root.certificates().iter().enumerate() {
            fs::write(folder.join(format!("{nth}.der")), der).expect("writable");
        }
        config.collateral = vec![folder];
        config.roots = machine.root.roots();
        let snp = Some(SnpRules { measurement, ..SnpRules::default() });
        let rules = Some(Rules { snp, ..Rules::default() });
        let draft = EvidenceDraft { id: "https://example.com/nodes".into(), scopes: Vec::new(), rules };
        config.policies.default = Arc::new(draft.validate().expect("a policy"));
    });
    // Whoever has been accepted once names its platform.
    let known = service.post("/v1/verify?subject=x", &[], &machine.root.report());
    let chip = known.json()[0]["claims"]["platform"].clone();
    assert!(chip.is_object() || chip.is_string(), "{known:?}");
    service
}

fn chip(machine: &Machine) -> String {
    let id = &machine.root.content()[0x1a0..0x1e0];
    format!("chip:{}", id.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn enrol(service: &Running, platform: &str, node: &str) {
    let bearer = format!("Bearer {TOKEN}");
    let document = json!({ "platform": platform, "node": node }).to_string();
    let answer = service.post("/v1/enrol", &[("Authorization", &bearer)], document.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn nonce(service: &Running, uid: &str) -> Nonce {
    let answer = service.post(&format!("/v1/nonce?node={uid}"), &[], b"").json();
    let hex = answer["nonce"].as_str().expect("a nonce");
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect();
    Nonce(bytes.try_into().expect("32 bytes"))
}

fn admit(service: &Running, nonce: Nonce, node: &NodeIdentity, agent_key: &[u8], evidence: &[u8]) -> Value {
    let document = json!({
        "node": { "name": "worker-1", "uid": node.uid, "boot_id": node.boot_id },
        "nonce": nonce.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "agent_key": STANDARD.encode(agent_key),
        "evidence": STANDARD.encode(evidence),
    });
    let answer = service.post_json("/v1/admit", &document);
    assert_eq!(answer.status, 200, "{answer:?}");
    let said = answer.json();
    assert_eq!(said["admitted"], json!(said["result"].is_string()), "{said}");
    said
}

/// Everything that speaks against a node.
fn reasons(said: &Value) -> String {
    assert_eq!(said["admitted"], false, "{said}");
    format!("{} {}", said["reasons"], said["verdicts"][0]["reasons"])
}

#[test]
fn an_enrolled_node_is_admitted_and_whoever_trusts_the_key_reopens_its_witness() {
    let machine = Machine::new();
    let service = start(&machine, Accept::one_of([machine.measurement()]));
    enrol(&service, &chip(&machine), "node-a");
    let (nonce, node) = (nonce(&service, "node-a"), node("node-a"));
    let said = admit(&service, nonce, &node, AGENT_KEY, &machine.evidence(nonce, &node, AGENT_KEY));
    assert_eq!(
        (&said["reasons"], &said["verdicts"][0]["verdict"]),
        (&json!([]), &json!("accepted")),
        "{said}"
    );

    let keys = VerifierKeys::from_jwks(service.get("/v1/keys").body.as_bytes()).expect("keys");
    let token = said["result"].as_str().expect("a result");
    let platform = Platform { node: NodeName("worker-1".into()), identity: node.clone(), tee: Tee::SevSnp };
    let witness = reopen(token, &keys, &platform, START).expect("a witness");
    assert_eq!(witness.subject(), &platform);
    assert!(witness.at(START).is_ok());
    let rebooted = NodeIdentity { boot_id: "boot-2".into(), ..node };
    let other = Platform { identity: rebooted, ..platform };
    assert!(reopen(token, &keys, &other, START).is_err(), "another boot is another subject");
}

#[test]
fn an_answer_counts_once_for_its_node_its_boot_and_its_agent() {
    let machine = Machine::new();
    let service = start(&machine, Accept::one_of([machine.measurement()]));
    enrol(&service, &chip(&machine), "node-a");
    let node = node("node-a");
    let fresh = || nonce(&service, "node-a");

    let used = fresh();
    let evidence = machine.evidence(used, &node, AGENT_KEY);
    assert_eq!(admit(&service, used, &node, AGENT_KEY, &evidence)["admitted"], true);
    let again = reasons(&admit(&service, used, &node, AGENT_KEY, &evidence));
    assert!(again.contains("was used before"), "{again}");

    let nonce = fresh();
    let rebooted = NodeIdentity { boot_id: "boot-2".into(), ..node.clone() };
    let evidence = machine.evidence(nonce, &node, AGENT_KEY);
    let why = reasons(&admit(&service, nonce, &rebooted, AGENT_KEY, &evidence));
    assert!(why.contains("not bound to this nonce, node, boot and agent key"), "{why}");
    let wrong = reasons(&admit(&service, nonce, &node, AGENT_KEY, &evidence));
    assert!(wrong.contains("was used before"), "a wrong answer is not tried again: {wrong}");

    let nonce = fresh();
    let evidence = machine.evidence(nonce, &node, AGENT_KEY);
    let why = reasons(&admit(&service, nonce, &node, b"an attacker's key", &evidence));
    assert!(why.contains("not bound to"), "{why}");

    let nonce = fresh();
    let evidence = machine.evidence(nonce, &node, AGENT_KEY);
    service.clock.advance(Duration::from_nanos(NONCE_LIFE.0 + 1));
    let why = reasons(&admit(&service, nonce, &node, AGENT_KEY, &evidence));
    assert!(why.contains("lapsed"), "{why}");

    let nonce = fresh();
    let why = reasons(&admit(&service, nonce, &node, AGENT_KEY, b"no evidence"));
    assert!(!why.contains("lapsed"), "{why}");
    let evidence = machine.evidence(nonce, &node, AGENT_KEY);
    let why = reasons(&admit(&service, nonce, &node, AGENT_KEY, &evidence));
    assert!(why.contains("was used before"), "garbage uses a nonce up, too: {why}");
}

#[test]
fn a_host_that_passes_its_question_on_to_a_good_machine_is_refused() {
    let machine = Machine::new();
    let service = start(&machine, Accept::one_of([machine.measurement()]));
    enrol(&service, &chip(&machine), "node-a");
    // The host is node-b, asks for node-b's nonce, and has node-a's machine answer it in its name.
    let (nonce, host) = (nonce(&service, "node-b"), node("node-b"));
    let relayed = admit(&service, nonce, &host, AGENT_KEY, &machine.evidence(nonce, &host, AGENT_KEY));
    let why = reasons(&relayed);
    assert!(why.contains("enrolled as node node-a"), "{why}");
}

#[test]
fn who_is_not_enrolled_or_not_known_by_what_it_is_is_not_admitted() {
    let machine = Machine::new();
    let service = start(&machine, Accept::one_of([machine.measurement()]));
    let node = node("node-a");
    let nonce_a = nonce(&service, "node-a");
    let evidence = machine.evidence(nonce_a, &node, AGENT_KEY);
    let why = reasons(&admit(&service, nonce_a, &node, AGENT_KEY, &evidence));
    assert!(why.contains("not enrolled as node node-a"), "{why}");

    let anything = start(&machine, Accept::Any);
    enrol(&anything, &chip(&machine), "node-a");
    let nonce = nonce(&anything, "node-a");
    let evidence = machine.evidence(nonce, &node, AGENT_KEY);
    let said = admit(&anything, nonce, &node, AGENT_KEY, &evidence);
    assert_eq!(said["verdicts"][0]["verdict"], "accepted", "the policy demands nothing");
    assert!(said["reasons"].to_string().contains("reference values"), "{}", reasons(&said));
}

#[test]
fn nonces_are_few_for_each_node_and_requests_that_make_no_sense_are_refused() {
    let machine = Machine::new();
    let service = start(&machine, Accept::Any);
    let given: Vec<_> = (0..17).map(|_| service.post("/v1/nonce?node=greedy", &[], b"")).collect();
    let refused: Vec<_> = given.iter().filter(|it| it.status != 200).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].status, refused[0].json()["code"].as_str()), (503, Some("busy")));
    assert!(refused[0].retry_after.is_some());
    assert_eq!(service.post("/v1/nonce?node=modest", &[], b"").status, 200);
    assert_eq!(service.post("/v1/nonce?node=", &[], b"").status, 400);
    let whole = json!({
        "node": { "name": "n", "uid": "u", "boot_id": "b" },
        "nonce": "00".repeat(32), "agent_key": "AAAA", "evidence": "AAAA",
    });
    assert_eq!(service.post_json("/v1/admit", &whole).status, 200);
    for (member, value) in [
        ("node", json!({ "name": "n", "uid": "", "boot_id": "b" })),
        ("node", json!("n")),
        ("nonce", json!("00")),
        ("nonce", json!("zz".repeat(32))),
        ("agent_key", json!("")),
        ("agent_key", json!("A".repeat(2000))),
        ("evidence", json!(7)),
        ("policy", json!("no such")),
        ("more", json!(1)),
    ] {
        let mut document = whole.clone();
        document[member] = value;
        assert_eq!(service.post_json("/v1/admit", &document).status, 400, "{document}");
    }
}
