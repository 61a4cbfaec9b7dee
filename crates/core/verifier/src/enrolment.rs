//! Which platform is which node: the defence against relayed evidence.
//!
//! Evidence is good for a node only if it is made for a nonce that this node was given, for this boot of
//! it and for its agent's key ([`platform_report_data`]), *and* comes from the platform that was
//! enrolled as this node. A host that passes its questions on to a good machine elsewhere answers with
//! that machine's identity, which is enrolled as another node or not at all.
//!
//! Enrolment and its end are somebody's explicit decision; nothing is enrolled on first sight.

use std::collections::BTreeMap;

use casemate_attest::VerifiedEvidence;
use casemate_attest::binding::platform_report_data;
use casemate_attest::claims::PlatformId;
use casemate_model::{NodeIdentity, Nonce, Timestamp};
use casemate_mutant::{Mutant, active as seeded};
use casemate_policy::challenge;
use thiserror::Error;

use crate::nonce::{NonceFault, Nonces};

/// Platforms by the node they are.
#[derive(Clone, Debug)]
pub struct Enrolment {
    limit: usize,
    nodes: BTreeMap<PlatformId, String>,
    /// Each platform of a node: a machine may have several TEEs.
    platforms: BTreeMap<String, Vec<PlatformId>>,
}

/// Platforms one node may have.
const PER_NODE: usize = 8;

/// What a node says of itself beside its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// Which node, which boot.
    pub node: &'a NodeIdentity,
    /// The nonce it was given.
    pub nonce: &'a Nonce,
    /// Its agent's public key.
    pub agent_key: &'a [u8],
}

/// A platform's identity in the hands of a node that it is not enrolled as. To be reported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("node {presenter} presents the platform that is enrolled as node {holder}")]
pub struct Relayed {
    /// The platform.
    pub platform: PlatformId,
    /// The node it is enrolled as.
    pub holder: String,
    /// The node that presents it.
    pub presenter: String,
}

/// Why evidence is not a node's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EnrolmentFault {
    /// The nonce.
    #[error(transparent)]
    Nonce(#[from] NonceFault),
    /// Made for something else.
    #[error("the evidence is not bound to this nonce, node, boot and agent key")]
    Binding,
    /// Nothing in it says which machine it is from.
    #[error("the evidence names no machine: {why}")]
    Nameless {
        /// Why not.
        why: &'static str,
    },
    /// Another's.
    #[error(transparent)]
    Relayed(#[from] Relayed),
    /// Nobody's, or this node has other platforms.
    #[error("the platform is not enrolled as node {node}; if the machine is new or was repaired, enrol it")]
    NotEnrolled {
        /// The node that presents it.
        node: String,
    },
    /// Enrolled as another node already.
    #[error("the platform is enrolled as node {holder}; end that enrolment first")]
    Taken {
        /// That node.
        holder: String,
    },
    /// More than are remembered.
    #[error("{limit} platforms are enrolled, as many as there may be")]
    Full {
        /// How many there may be.
        limit: usize,
    },
}

impl Enrolment {
    /// Nothing enrolled; at most `limit` platforms will be.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, nodes: BTreeMap::new(), platforms: BTreeMap::new() }
    }

    /// Platforms that are enrolled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node that a platform is enrolled as.
    #[must_use]
    pub fn node_of(&self, platform: &PlatformId) -> Option<&str> {
        self.nodes.get(platform).map(String::as_str)
    }

    /// Every enrolment, to be kept by the shell.
    pub fn iter(&self) -> impl Iterator<Item = (&PlatformId, &str)> {
        self.nodes.iter().map(|(platform, node)| (platform, node.as_str()))
    }

    /// Decides that a platform is this node. Saying it twice changes nothing.
    ///
    /// # Errors
    ///
    /// Where the platform is another node, or its identity is not one machine's.
    pub fn enrol(&mut self, platform: PlatformId, node_uid: &str) -> Result<(), EnrolmentFault> {
        machine(&platform)?;
        match self.node_of(&platform) {
            Some(holder) if holder == node_uid => return Ok(()),
            Some(_) if seeded(Mutant::EnrolmentMovesPlatform) => {}
            Some(holder) => return Err(EnrolmentFault::Taken { holder: holder.to_owned() }),
            None => {}
        }
        let of_node = self.platforms.get(node_uid).map_or(0, Vec::len);
        for (held, limit) in [(self.nodes.len(), self.limit), (of_node, PER_NODE)] {
            if held >= limit {
                return Err(EnrolmentFault::Full { limit });
            }
        }
        self.platforms.entry(node_uid.to_owned()).or_default().push(platform.clone());
        self.nodes.insert(platform, node_uid.to_owned());
        Ok(())
    }

    /// Ends a platform's enrolment. Answers the node it was.
    pub fn dismiss(&mut self, platform: &PlatformId) -> Option<String> {
        let node = self.nodes.remove(platform)?;
        if let Some(of_node) = self.platforms.get_mut(&node) {
            of_node.retain(|it| it != platform);
            if of_node.is_empty() {
                self.platforms.remove(&node);
            }
        }
        Some(node)
    }

    /// Asks whether verified evidence is this node's, and uses its nonce up: an answer is accepted once,
    /// and a wrong one is not tried again.
    ///
    /// # Errors
    ///
    /// Why it is not. [`EnrolmentFault::Relayed`] is an attack, or a machine that was moved.
    pub fn admit(
        &self,
        evidence: &VerifiedEvidence,
        presented: &Presented<'_>,
        nonces: &mut Nonces,
        now: Timestamp,
    ) -> Result<(), EnrolmentFault> {
        let Presented { node, nonce, agent_key } = *presented;
        if seeded(Mutant::EnrolmentSparesNonce) {
            nonces.clone().spend(nonce, &node.uid, now)?;
        } else {
            nonces.spend(nonce, &node.uid, now)?;
        }
        let claims = evidence.claims();
        let bound = platform_report_data(nonce, node, agent_key);
        let is_bound = claims.challenge() == Some(challenge(claims.kind(), &bound));
        if !is_bound && !seeded(Mutant::EnrolmentIgnoresBinding) {
            return Err(EnrolmentFault::Binding);
        }
        let nameless = "a software TEE, or a chip that withholds its ID";
        let platform = claims.platform.as_ref().ok_or(EnrolmentFault::Nameless { why: nameless })?;
        machine(platform)?;
        match self.node_of(platform) {
            Some(holder) if holder == node.uid || seeded(Mutant::EnrolmentTakesRelayed) => Ok(()),
            Some(holder) => {
                let (holder, presenter) = (holder.to_owned(), node.uid.clone());
                Err(Relayed { platform: platform.clone(), holder, presenter }.into())
            }
            None if seeded(Mutant::EnrolmentOnFirstSight) => Ok(()),
            None => Err(EnrolmentFault::NotEnrolled { node: node.uid.clone() }),
        }
    }
}

/// Refuses what many machines share.
fn machine(platform: &PlatformId) -> Result<(), EnrolmentFault> {
    match platform {
        _ if seeded(Mutant::EnrolmentTakesShared) => Ok(()),
        PlatformId::CloudProvider(_) => Err(EnrolmentFault::Nameless {
            why: "its key (VLEK) is its cloud provider's, who has many machines",
        }),
        PlatformId::ChipId(id) if id.iter().all(|byte| *byte == 0) => {
            Err(EnrolmentFault::Nameless { why: "its chip ID is withheld" })
        }
        _ => Ok(()),
    }
}
