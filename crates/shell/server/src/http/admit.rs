//! `POST /v1/admit`: a node shows its evidence and is admitted, or told why not.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use casemate_dossier::{Verdict, bytes_of_hex};
use casemate_model::{NodeIdentity, NodeName, Nonce, Timestamp};
use casemate_verifier::queue::Priority;
use serde::{Deserialize, Serialize};

use super::body;
use super::problem::{Problem, json};
use super::question::{MAX_TEXT, OneOrMany, from_base64, inputs, is_short, parse};
use crate::admission::{Admission, Applicant};
use crate::ask::{Ask, Terms};
use crate::service::Service;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    node: Node,
    nonce: String,
    agent_key: String,
    evidence: OneOrMany,
    #[serde(default)]
    endorsements: Vec<String>,
    tenant: Option<String>,
    policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    name: String,
    uid: String,
    boot_id: String,
}

#[derive(Serialize)]
struct Admitted<'a> {
    admitted: bool,
    /// What the evidence was judged to be.
    verdicts: &'a [Verdict],
    /// Why the node is not admitted, beside what the verdicts say.
    reasons: &'a [String],
    /// The signed result that `policy::reopen` makes the node's witness of.
    result: Option<&'a str>,
}

/// The longest public key of an agent.
const MAX_AGENT_KEY: usize = 1024;

pub(super) async fn admit(State(service): State<Arc<Service>>, request: Request<Body>) -> Response {
    match decide(&service, request).await {
        Ok(Admission { verdicts, reasons, result }) => {
            let result = result.as_deref();
            let admitted = result.is_some();
            json(StatusCode::OK, &Admitted { admitted, verdicts: &verdicts, reasons: &reasons, result })
        }
        Err(problem) => service.refuse(problem),
    }
}

async fn decide(service: &Arc<Service>, request: Request<Body>) -> Result<Admission, Problem> {
    let _permit = service.permit()?;
    let bytes = body::read(request, service.limits.body_bytes, service.limits.body_time).await?;
    let (applicant, ask) = service.read(move |service| service.applicant(parse(&bytes)?)).await?;
    service.admit(&applicant, Arc::new(ask)).await.map_err(|why| service.unanswered(why))
}

impl Service {
    fn applicant(&self, document: Document) -> Result<(Applicant, Ask), Problem> {
        let Document { node, nonce, agent_key, evidence, endorsements, tenant, policy } = document;
        let Node { name, uid, boot_id } = node;
        is_short([&tenant, &policy])?;
        if [&name, &uid, &boot_id].iter().any(|it| it.is_empty() || it.len() > MAX_TEXT) {
            let detail = format!("`name`, `uid` and `boot_id` of a node have 1 to {MAX_TEXT} bytes");
            return Err(Problem::bad_request(detail));
        }
        let nonce = bytes_of_hex(&nonce).and_then(|it| it.try_into().ok()).map(Nonce);
        let nonce = nonce.ok_or_else(|| Problem::bad_request("the nonce is not 64 hex digits"))?;
        let agent_key = from_base64(&agent_key).filter(|it| (1..=MAX_AGENT_KEY).contains(&it.len()));
        let agent_key = agent_key.ok_or_else(|| {
            Problem::bad_request(format!("`agent_key` is base64 of 1 to {MAX_AGENT_KEY} bytes"))
        })?;
        let identity = NodeIdentity { uid: uid.clone(), boot_id };
        let applicant = Applicant { name: NodeName(name), identity, nonce, agent_key };
        let terms = Terms {
            subject: uid,
            challenge: Some(applicant.challenge()),
            tenant,
            policy: self.policy(policy.as_deref())?,
            // Pods wait for it.
            priority: Priority::Urgent,
            deadline: Timestamp(u64::MAX),
        };
        let ask = Ask::new(terms, &inputs(evidence, &endorsements)?);
        Ok((applicant, ask))
    }
}
