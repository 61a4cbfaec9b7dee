//! What report data is bound to, so that evidence cannot be relayed or replayed.
//!
//! Report data is the SHA-512 of a domain name and the bound values, each preceded by its length
//! in bytes as 8 bytes little-endian. Lengths make the encoding injective: no two different lists
//! of values give the same bytes. The domain keeps platform and workload evidence apart.

use aws_lc_rs::digest::{self, Context, SHA256, SHA512};
use casemate_model::{ConfigDigest, ContainerKey, Mount, NodeIdentity, Nonce, ReportData, VolumeSource};
use casemate_mutant::{Mutant, active as seeded};

const PLATFORM: &str = "casemate report data: platform, version 1";
const WORKLOAD: &str = "casemate report data: workload, version 1";
const CONFIG: &str = "casemate configuration: arguments, environment and mounts, version 2";

/// Report data of a platform's evidence: this nonce, this boot of this node, this agent's key.
#[must_use]
pub fn platform_report_data(nonce: &Nonce, node: &NodeIdentity, agent_key: &[u8]) -> ReportData {
    let mut transcript = Transcript::new(&SHA512, PLATFORM);
    if !seeded(Mutant::BindingForgetsNonce) {
        transcript.bytes(&nonce.0);
    }
    transcript.node(node);
    if !seeded(Mutant::BindingForgetsAgentKey) {
        transcript.bytes(agent_key);
    }
    ReportData(transcript.finish())
}

/// Report data of a workload's evidence: this nonce, this boot of this node, this container, and
/// what it is told at start.
#[must_use]
pub fn workload_report_data(
    nonce: &Nonce,
    node: &NodeIdentity,
    container: &ContainerKey,
    config: &ConfigDigest,
) -> ReportData {
    let mut transcript = Transcript::new(&SHA512, WORKLOAD);
    transcript.bytes(&nonce.0);
    transcript.node(node);
    transcript.text(&container.pod.namespace);
    transcript.text(&container.pod.name);
    transcript.text(&container.container);
    transcript.bytes(&config.0);
    ReportData(transcript.finish())
}

/// Digest of what a container is told at start: its arguments, its environment and what it is shown
/// of which volumes, in order.
///
/// Of a volume whose contents the manifests hold, the contents are bound, whatever the mount shows of
/// them. Those of others are the host's to change: of them it is bound that they are of this kind, and
/// which directory of the host was named.
#[must_use]
pub fn config_digest(
    args: &[String],
    env: &[(String, String)],
    mounts: &[(&Mount, &VolumeSource)],
) -> ConfigDigest {
    let mut transcript = Transcript::new(&SHA256, CONFIG);
    transcript.count(args.len());
    args.iter().for_each(|arg| transcript.text(arg));
    transcript.count(env.len());
    for (name, value) in env {
        transcript.text(name);
        transcript.text(value);
    }
    transcript.count(mounts.len());
    for (mount, source) in mounts {
        transcript.mount(mount);
        transcript.source(source);
    }
    ConfigDigest(transcript.finish())
}

/// A hash over length-prefixed values.
struct Transcript(Context);

impl Transcript {
    fn new(algorithm: &'static digest::Algorithm, domain: &str) -> Self {
        let mut transcript = Self(Context::new(algorithm));
        transcript.text(domain);
        transcript
    }

    fn count(&mut self, n: usize) {
        self.0.update(&(n as u64).to_le_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.count(value.len());
        self.0.update(value);
    }

    fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    fn node(&mut self, node: &NodeIdentity) {
        self.text(&node.uid);
        if !seeded(Mutant::BindingForgetsBoot) {
            self.text(&node.boot_id);
        }
    }

    /// Absent is told from empty by a count before it.
    fn mount(&mut self, mount: &Mount) {
        let Mount { volume, path, sub_path, read_only } = mount;
        self.text(volume);
        self.text(path);
        self.count(usize::from(sub_path.is_some()));
        sub_path.iter().for_each(|sub_path| self.text(sub_path));
        self.count(usize::from(*read_only));
    }

    fn source(&mut self, source: &VolumeSource) {
        match source {
            VolumeSource::EmptyDir { .. } => self.text("empty directory"),
            VolumeSource::HostPath { path } => {
                self.text("host path");
                self.text(path);
            }
            VolumeSource::Files(files) => {
                self.text("files");
                self.count(files.len());
                for (name, contents) in files {
                    self.text(name);
                    self.bytes(contents);
                }
            }
        }
    }

    /// `N` is the algorithm's output length, known at each call.
    fn finish<const N: usize>(self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}
