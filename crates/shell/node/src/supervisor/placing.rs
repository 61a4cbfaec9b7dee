//! Which pods are tried, and where they go.

use std::ops::Range;

use casemate_checker::{Observation, Unplaced};
use casemate_model::PodKey;
use casemate_pod::PodLife;
use casemate_report::{State, Subject, What, WorkloadReport};

use super::{PodEntry, Supervisor};
use crate::roster::Entry;
use crate::workload::Workload;

impl Supervisor<'_> {
    /// Takes in the pods of a run. Those that cannot even be tried end here.
    pub(super) fn enlist(&mut self, workloads: Vec<Workload>) {
        for workload in workloads {
            let (pod, first) = (self.pods.len(), self.entries.len());
            let first_named = *self.by_name.entry(workload.pod.key.clone()).or_insert(pod);
            for (index, container) in workload.pod.all_containers().enumerate() {
                let key = workload.key(container);
                let tee = container.demand.enclave.map(|enclave| enclave.tee);
                let mut report = WorkloadReport::pending(&key, tee);
                report.init = index < workload.pod.init_containers.len();
                let image = workload.images.get(index).cloned();
                let image = image.unwrap_or_else(|| Err(format!("image {}: not looked up", container.image)));
                self.entries.push(Entry::waiting(key, pod, index, image, report));
            }
            let containers = first..self.entries.len();
            let mut images = self.entries[containers.clone()].iter().map(|entry| &entry.image);
            let missing = images.find_map(|image| image.as_ref().err().cloned());
            let views = self.views(&workload.pod);
            if first_named != pod {
                let why = format!("another pod is named {} already; rename one", workload.pod.key);
                self.give_up(containers.clone(), State::Refused, &[why]);
            } else if let Some(why) = missing {
                self.fail_images(containers.clone(), &why);
            } else if let Err(why) = &views {
                self.give_up(containers.clone(), State::Refused, std::slice::from_ref(why));
            } else {
                self.queue.push(workload.pod.clone());
            }
            let life = PodLife::new(&workload.pod, self.means.restarts);
            self.pods.push(PodEntry {
                workload,
                containers,
                life,
                views: views.unwrap_or_default(),
                volumes: None,
                eviction: None,
                plan: None,
                waits: Vec::new(),
            });
        }
    }

    /// Offers every waiting pod a place.
    pub(super) fn place(&mut self) {
        let now = self.now();
        let pass = self.queue.pass(&mut self.ledger, now);
        for placed in pass.placed {
            let (pod, plan) = (placed.pod, placed.plan);
            let (key, node) = (pod.key.clone(), plan.node().clone());
            self.means.watch.observe(Observation::PodPlaced { at: now, pod, node: node.clone() });
            let why = plan.score().to_string();
            self.tell(Subject::Pod(key.clone()), What::PodPlaced { node, why });
            let index = self.waiting_pod(&key).expect("the queue holds pods of this run that wait");
            self.start(index, plan);
        }
        for (pod, explanation) in pass.never {
            let (key, reasons) = (pod.key.clone(), explanation.reasons());
            self.means.watch.observe(Observation::PodUnplaced { at: now, pod, verdict: Unplaced::Never });
            if let Some(index) = self.waiting_pod(&key) {
                self.give_up(self.pods[index].containers.clone(), State::Pending, &reasons);
            }
            self.tell(Subject::Pod(key), What::PodNeverFits { reasons });
        }
        for explanation in pass.waiting {
            let Some(index) = self.waiting_pod(&explanation.pod) else { continue };
            let reasons = explanation.reasons();
            if self.pods[index].waits != reasons {
                self.pods[index].waits.clone_from(&reasons);
                self.tell(Subject::Pod(explanation.pod), What::PodQueued { reasons });
            }
        }
    }

    /// The pod of this name that waits. Where several have the name, all but one were refused.
    fn waiting_pod(&self, key: &PodKey) -> Option<usize> {
        let index = *self.by_name.get(key)?;
        let pod = &self.pods[index];
        let lives = self.entries[pod.containers.clone()].iter().any(|entry| !entry.is_over());
        (pod.plan.is_none() && lives).then_some(index)
    }

    /// Ends containers that never got as far as an enclave.
    pub(super) fn give_up(&mut self, containers: Range<usize>, state: State, reasons: &[String]) {
        for entry in &mut self.entries[containers] {
            entry.end_unstarted(state, reasons.to_vec());
        }
    }

    /// Ends a pod one of whose images cannot be used: as in Kubernetes, none of its
    /// containers starts before all images are there.
    fn fail_images(&mut self, containers: Range<usize>, first: &str) {
        for at in containers {
            let why = match &self.entries[at].image {
                Err(own) => own.clone(),
                Ok(_) => format!("not started, because another container of the pod cannot be: {first}"),
            };
            self.entries[at].end_unstarted(State::Failed, vec![why.clone()]);
            self.tell_of(at, What::Failed { why });
        }
    }
}
