//! Refusals of a step. The handle comes back, so that refusing never loses an enclave.

use std::fmt;

use casemate_model::{ContainerKey, EnclaveId, Measurement};
use casemate_policy::Workload;
use thiserror::Error;

use crate::{Enclave, State};

/// A step that was not taken, for the reason `W`.
#[derive(Debug)]
#[must_use = "it holds the enclave, which must still be destroyed"]
pub struct Refused<S: State, W> {
    /// The enclave, as it was.
    pub enclave: Enclave<S>,
    /// Why.
    pub why: W,
}

impl<S: State, W: fmt::Display> fmt::Display for Refused<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "enclave {}: {}", self.enclave.id(), self.why)
    }
}

impl<S: State + fmt::Debug, W: fmt::Display + fmt::Debug> std::error::Error for Refused<S, W> {}

/// A witness speaks of somebody else. The shell erred: it attested one enclave and gave the witness to another.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// Another instance.
    #[error("the witness speaks of enclave {witness}, this is {enclave}")]
    Enclave {
        /// Whom the witness speaks of.
        witness: EnclaveId,
        /// This one.
        enclave: EnclaveId,
    },
    /// Another container.
    #[error("the witness speaks of container {witness}, this enclave is run for {enclave}")]
    Container {
        /// Whom the witness speaks of.
        witness: ContainerKey,
        /// This one's.
        enclave: ContainerKey,
    },
    /// Other contents.
    #[error("the witness speaks of measurement {witness}, this enclave's is {enclave}")]
    Measurement {
        /// What the witness speaks of.
        witness: Measurement,
        /// This one's.
        enclave: Measurement,
    },
}

/// Whether `subject` is this very enclave.
pub(crate) fn same(
    subject: &Workload,
    id: EnclaveId,
    container: &ContainerKey,
    measurement: Measurement,
) -> Result<(), Mismatch> {
    if subject.enclave != id {
        return Err(Mismatch::Enclave { witness: subject.enclave, enclave: id });
    }
    if subject.container != *container {
        let (witness, enclave) = (subject.container.clone(), container.clone());
        return Err(Mismatch::Container { witness, enclave });
    }
    if subject.measurement != measurement {
        return Err(Mismatch::Measurement { witness: subject.measurement, enclave: measurement });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use casemate_model::PodKey;

    use super::*;

    #[test]
    fn a_subject_is_the_enclave_only_if_id_container_and_measurement_are() {
        let id = EnclaveId { index: 3, generation: 1 };
        let key = |name: &str| ContainerKey {
            pod: PodKey { namespace: "default".into(), name: "p".into() },
            container: name.into(),
        };
        let measurement = Measurement([7; 32]);
        let subject = Workload { enclave: id, container: key("main"), measurement };
        assert_eq!(same(&subject, id, &key("main"), measurement), Ok(()));

        let reborn = EnclaveId { generation: 2, ..id };
        assert!(matches!(same(&subject, reborn, &key("main"), measurement), Err(Mismatch::Enclave { .. })));
        assert!(matches!(same(&subject, id, &key("side"), measurement), Err(Mismatch::Container { .. })));
        assert!(matches!(
            same(&subject, id, &key("main"), Measurement([8; 32])),
            Err(Mismatch::Measurement { .. })
        ));
    }
}
