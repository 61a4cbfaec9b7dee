//! A pod to run, and what its containers' images turned out to be.

use std::sync::Arc;

use casemate_model::{Bytes, Container, ContainerKey, Pod};

use crate::guest::Invocation;
use crate::image::Image;

/// A pod and the programs of its containers.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The pod, as asked for.
    pub pod: Pod,
    /// For each of [`Pod::all_containers`], in order: its program, or why there is none.
    pub images: Vec<Result<Arc<Image>, String>>,
}

impl Workload {
    /// The container of this number among [`Pod::all_containers`].
    pub(crate) fn container(&self, number: usize) -> &Container {
        let Pod { init_containers, containers, .. } = &self.pod;
        match number.checked_sub(init_containers.len()) {
            Some(number) => &containers[number],
            None => &init_containers[number],
        }
    }

    /// Names one of the pod's containers in full.
    pub(crate) fn key(&self, container: &Container) -> ContainerKey {
        ContainerKey { pod: self.pod.key.clone(), container: container.name.clone() }
    }
}

/// What a container's program is told. WASI has no working directory; libraries that keep one of
/// their own start from `PWD`, which is set where the manifest names one and does not set it itself.
pub(crate) fn invocation(container: &Container) -> Invocation {
    let mut env = container.env.clone();
    if let Some(directory) = &container.working_dir
        && !env.iter().any(|(name, _)| name == PWD)
    {
        env.push((PWD.to_owned(), directory.clone()));
    }
    Invocation { args: container.args.clone(), env }
}

/// Where a program's relative paths start.
const PWD: &str = "PWD";

/// The most linear memory a container's enclave may have: its encrypted-memory
/// limit, else its ordinary memory limit, else [`DEFAULT_LIMIT`].
pub(crate) fn memory_limit(container: &Container) -> Bytes {
    let encrypted = container.demand.enclave.and_then(|enclave| enclave.epc_limit);
    encrypted.or(container.demand.memory_limit).unwrap_or(DEFAULT_LIMIT)
}

/// The most linear memory of an enclave whose manifest names no limit.
pub const DEFAULT_LIMIT: Bytes = Bytes::mib(1024);
