//! Pods' volumes: made when a container first needs them, measured while they are written, removed
//! when the pod is over.
//!
//! WASI knows no quota. Volumes that are written are measured often, and a pod found over its bound is
//! evicted, as a kubelet does; what it wrote since the last look is how far it can get past the bound.

use std::path::PathBuf;

use casemate_model::{Nanos, Pod};
use casemate_pod::Why;

use super::Supervisor;
use crate::volumes::{Mounted, View, Volumes, views};

impl Supervisor<'_> {
    /// What each of a pod's containers will see of its volumes; why that cannot be.
    pub(super) fn views(&self, pod: &Pod) -> Result<Vec<Vec<View>>, String> {
        let roots = &self.means.host_path_roots;
        let all = pod.all_containers().map(|container| views(pod, container, roots));
        all.collect::<Result<_, _>>().map_err(|error| error.to_string())
    }

    /// Opens what a container sees, and makes the pod's volumes where they are not yet.
    pub(super) fn open_volumes(&mut self, at: usize) -> Result<Vec<Mounted>, String> {
        let (pod, container) = (self.entries[at].pod, self.entries[at].container);
        let directory = self.directory_of(pod);
        let pod = &mut self.pods[pod];
        if pod.workload.pod.volumes.is_empty() {
            return Ok(Vec::new());
        }
        let volumes = match pod.volumes.take() {
            Some(volumes) => volumes,
            None => Volumes::create(&pod.workload.pod, directory).map_err(|error| error.to_string())?,
        };
        let views = pod.views.get(container).map(Vec::as_slice).unwrap_or_default();
        pod.volumes.insert(volumes).open(container, views).map_err(|error| error.to_string())
    }

    /// Ends the pods whose volumes hold more than they may, where it is time to look.
    pub(super) fn evict_what_is_overfull(&mut self) {
        if self.until_next_measure() > Nanos::ZERO {
            return;
        }
        let before = self.means.clock.monotonic();
        for pod in 0..self.pods.len() {
            self.evict_if_overfull(pod);
        }
        let after = self.means.clock.monotonic();
        // However many files there are, looking at them takes a small part of the time.
        let rest = Nanos(after.saturating_sub(before).0.saturating_mul(REST));
        self.measure_at = after.saturating_add(rest.max(MEASURED_EVERY));
    }

    /// Ends a pod, if its volumes hold more than they may.
    pub(super) fn evict_if_overfull(&mut self, pod: usize) {
        let entry = &mut self.pods[pod];
        let Some(why) = entry.volumes.as_ref().and_then(Volumes::overfull) else { return };
        entry.eviction.get_or_insert(why);
        let steps = entry.life.end(Why::Evicted);
        self.follow(pod, steps);
    }

    /// How long volumes need not be measured.
    pub(super) fn until_next_measure(&self) -> Nanos {
        if !self.pods.iter().any(|pod| pod.volumes.as_ref().is_some_and(Volumes::are_written)) {
            return Nanos(u64::MAX);
        }
        self.measure_at.saturating_sub(self.means.clock.monotonic())
    }

    fn directory_of(&self, pod: usize) -> PathBuf {
        self.means.volumes.join(format!("pod-{pod}"))
    }
}

/// How often volumes are measured.
const MEASURED_EVERY: Nanos = Nanos::from_millis(100);

/// Times what a measurement took is waited until the next.
const REST: u64 = 20;
