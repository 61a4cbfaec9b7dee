//! Admission: who may ask for what reaches around a TEE.
//!
//! A pod with privilege, with the host's namespaces or with the host's devices is not
//! held by any sandbox. Device plugins need just that, so it is a matter of who asks: the
//! policy lists the namespaces and service accounts that may ([`Admission`]). Everything
//! a pod asks for beyond that is refused at once, each by the field that asks.
//!
//! Asking counts, whatever would come of it here: `casemate run` grants none of it to
//! anybody, and says so in a note.
//!
//! What counts as added capability: all but those of the Pod Security Standards' profile
//! "baseline" (kubernetes.io/docs/concepts/security/pod-security-standards).

use casemate_policy::Pattern;

use crate::field::Field;
use crate::inputs::{Context, Purpose};
use crate::metadata::Identity;
use crate::path;
use crate::problem::Findings;
use crate::vocabulary::devices::{HostPath, PLUGINS, host_path};
use crate::vocabulary::resources::{Means, resource};
use crate::{Problem, ProblemKind};

/// Who may ask for what is kept from everyone else: `spec.admission` of a policy.
///
/// The default lets nobody have privilege.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Who may have privilege, host namespaces, added capabilities and the host's devices.
    pub privileged: Vec<Account>,
    /// Who may ask for SGX's provision right, with which a platform can be recognised again.
    /// `None`: everyone.
    pub provision: Option<Vec<Account>>,
}

/// Service accounts, by patterns for namespace and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The namespace.
    pub namespace: Pattern,
    /// The service account's own name.
    pub service_account: Pattern,
}

impl Admission {
    /// What holds where there is no policy: a cluster's own namespace may have privilege.
    #[must_use]
    pub fn built_in() -> Self {
        let pattern = |text: &str| text.parse().ok();
        let account = pattern("kube-system").zip(pattern("*"));
        let account = account.map(|(namespace, service_account)| Account { namespace, service_account });
        Self { privileged: account.into_iter().collect(), provision: None }
    }

    /// Whether this account may have privilege.
    #[must_use]
    pub fn may_be_privileged(&self, namespace: &str, service_account: &str) -> bool {
        names(&self.privileged, namespace, service_account)
    }

    /// Whether this account may ask for the provision right.
    #[must_use]
    pub fn may_provision(&self, namespace: &str, service_account: &str) -> bool {
        self.provision.as_ref().is_none_or(|accounts| names(accounts, namespace, service_account))
    }
}

fn names(accounts: &[Account], namespace: &str, service_account: &str) -> bool {
    accounts.iter().any(|it| it.namespace.matches(namespace) && it.service_account.matches(service_account))
}

/// What a pod's spec asks for that a policy has to allow.
pub(crate) struct Requested<'a> {
    /// Ways around the sandbox: the field that asks, and what it asks for.
    privileges: Vec<(Field<'a>, String)>,
    /// Fields that ask for the provision right.
    provisions: Vec<Field<'a>>,
    service_account: String,
    /// It mounts the kubelet's plugin sockets.
    pub(crate) is_device_plugin: bool,
}

/// Finds everything a pod's spec asks for; what is of the wrong type is told.
pub(crate) fn requested<'a>(spec: &Field<'a>, to: &mut Findings) -> Requested<'a> {
    let mut requested = Requested {
        privileges: Vec::new(),
        provisions: Vec::new(),
        service_account: service_account(spec).to_owned(),
        is_device_plugin: false,
    };
    for (key, what) in [
        ("hostPID", "the host's processes"),
        ("hostIPC", "the host's shared memory"),
        ("hostNetwork", "the host's network"),
    ] {
        if let Some(field) = spec.get(key)
            && field.boolean(to) == Some(true)
        {
            requested.privileges.push((field, what.to_owned()));
        }
    }
    for volume in spec.elements_of("volumes") {
        let Some(path) = volume.at(&["hostPath", "path"]) else { continue };
        let Some(what) = path.plain().and_then(reaches) else { continue };
        requested.is_device_plugin |= path.plain().and_then(host_path) == Some(HostPath::Plugins);
        requested.privileges.push((path, what));
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in spec.elements_of(list) {
            requested.container(&container, to);
        }
    }
    requested
}

/// The account a pod runs under.
pub(crate) fn service_account<'a>(spec: &Field<'a>) -> &'a str {
    let written = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount"));
    written.and_then(|field| field.plain()).filter(|name| !name.is_empty()).unwrap_or("default")
}

impl<'a> Requested<'a> {
    fn container(&mut self, container: &Field<'a>, to: &mut Findings) {
        if let Some(field) = container.at(&["securityContext", "privileged"])
            && field.boolean(to) == Some(true)
        {
            self.privileges.push((field, "every device and capability of the host".to_owned()));
        }
        let added = container.at(&["securityContext", "capabilities", "add"]);
        for field in added.map(|list| list.items(to)).unwrap_or_default() {
            let Some(name) = field.text(to) else { continue };
            let bare = name.strip_prefix("CAP_").unwrap_or(name);
            if !BASELINE_CAPABILITIES.contains(&bare) {
                let shown: String = name.chars().take(40).collect();
                self.privileges.push((field, format!("the capability `{shown}`")));
            }
        }
        for section in ["requests", "limits"] {
            let Some(section) = container.at(&["resources", section]) else { continue };
            let is_provision = |key: &str| resource(key).is_some_and(|it| it.means == Means::Provision);
            let asks = |(key, value): &(&str, Field<'_>)| is_provision(key) && value.plain() != Some("0");
            self.provisions.extend(section.children().filter(asks).map(|(_, value)| value));
        }
    }

    /// Refuses what the policy does not let the pod's account have; notes what it does.
    /// Whether all of it is allowed.
    pub(crate) fn admit(&self, identity: &Identity, context: &Context<'_>, to: &mut Findings) -> bool {
        let Context { admission, purpose, .. } = context;
        let (namespace, account) = (identity.key.namespace.as_str(), self.service_account.as_str());
        let refused = |field: &Field<'_>, what: &str, list: &str| {
            not_admitted(field.problem(
                format!(
                    "asks for {what}, which the policy does not let service account `{account}` of \
                         namespace `{namespace}` have"
                ),
                format!(
                    "Take it out, or list {{namespace: {namespace}, serviceAccount: {account}}} under \
                         `admission.{list}` of the policy"
                ),
            ))
        };
        let privileged = admission.may_be_privileged(namespace, account);
        if identity.there {
            // The cluster has admitted it. Left out, its node would seem to have what it takes.
            if let Some((field, what)) = self.privileges.first().filter(|_| !privileged) {
                to.note(field.note(format!(
                    "asks for {what}, which the policy does not let it have: it is counted where it is"
                )));
            }
            return privileged || self.privileges.is_empty();
        }
        for (field, what) in &self.privileges {
            if !privileged {
                to.refuse(refused(field, what, "privileged"));
            } else if !self.is_device_plugin && *purpose == Purpose::Run {
                to.note(field.note(format!("the policy allows {what}; but no program here has any of it")));
            }
        }
        let provisions = admission.may_provision(namespace, account);
        for field in self.provisions.iter().filter(|_| !provisions) {
            to.refuse(refused(field, "the right to be provisioned", "provision"));
        }
        (privileged || self.privileges.is_empty()) && (provisions || self.provisions.is_empty())
    }
}

/// What a confidential pod may not have, whoever asks: it goes around attestation.
pub(crate) fn guard_confidential(spec: &Field<'_>, identity: &Identity, purpose: Purpose, to: &mut Findings) {
    if let Some(node) = spec.get("nodeName") {
        if identity.live && purpose == Purpose::Run {
            to.note(node.note("ignored: the cluster it was read from had chosen that node"));
        } else if !identity.live {
            to.refuse(not_admitted(node.problem(
                "a confidential pod may not choose its node by name: that goes around attestation",
                "Take it out; use `nodeSelector` to narrow the choice",
            )));
        }
    }
    let entered = spec.get("ephemeralContainers").filter(|list| !list.is_empty());
    if let Some(containers) = entered.as_ref().filter(|_| identity.there) {
        to.note(
            containers.note("was entered by containers that were never measured; it is counted where it is"),
        );
    } else if let Some(containers) = entered {
        to.refuse(not_admitted(containers.problem(
            "a confidential pod may not be entered by ephemeral containers: they were never measured",
            "Take them out; debug a copy of the pod that holds no secrets",
        )));
    }
}

fn not_admitted(problem: Problem) -> Problem {
    Problem { kind: ProblemKind::NotAdmitted, ..problem }
}

/// What of the host a path reaches that no sandbox holds, if anything.
pub(crate) fn reaches(text: &str) -> Option<String> {
    let shown: String = text.chars().take(100).collect();
    let plain = path::absolute(text);
    let is_below = |directory| plain.as_ref().is_some_and(|plain| path::is_within(plain, directory));
    match host_path(text) {
        Some(HostPath::Device(technology)) => Some(format!("the host's {technology} device `{shown}`")),
        Some(HostPath::Plugins) => Some(format!("the kubelet's plugin sockets in `{shown}`")),
        Some(HostPath::AllDevices | HostPath::Tpm) => Some(format!("devices of the host, `{shown}`")),
        Some(HostPath::Reports) => Some(format!("reports of the host's TEE, `{shown}`")),
        Some(HostPath::Root) => Some("the whole file system of the host".to_owned()),
        None if is_below("/dev") => Some(format!("a device of the host, `{shown}`")),
        None if is_below("/proc") || is_below("/sys") => Some(format!("the host's kernel, `{shown}`")),
        None if plain.is_some_and(|plain| path::is_within(PLUGINS, &plain)) => {
            Some(format!("a directory with the kubelet's plugin sockets in it, `{shown}`"))
        }
        Some(HostPath::Service(_)) | None => None,
    }
}

/// Capabilities that the profile "baseline" lets everyone add.
const BASELINE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_privileged_by_default_and_a_clusters_own_namespace_without_a_policy() {
        for (namespace, built_in) in [("kube-system", true), ("default", false), ("kube-system-2", false)] {
            assert!(!Admission::default().may_be_privileged(namespace, "default"));
            assert_eq!(Admission::built_in().may_be_privileged(namespace, "any"), built_in, "{namespace}");
        }
    }

    #[test]
    fn both_parts_of_an_account_have_to_match() {
        let pattern = |text: &str| text.parse::<Pattern>().unwrap();
        let account = Account { namespace: pattern("tee-*"), service_account: pattern("plugin") };
        let admission = Admission { privileged: vec![account.clone()], provision: Some(vec![account]) };
        for (namespace, account, expected) in
            [("tee-a", "plugin", true), ("tee-a", "other", false), ("default", "plugin", false)]
        {
            assert_eq!(admission.may_be_privileged(namespace, account), expected);
            assert_eq!(admission.may_provision(namespace, account), expected);
        }
        assert!(Admission::default().may_provision("any", "one"));
    }

    #[test]
    fn paths_to_devices_to_the_kernel_and_to_plugin_sockets_reach_around_the_sandbox() {
        for path in [
            "/dev/sgx_enclave",
            "/dev/kvm",
            "/dev",
            "/",
            "//",
            "/proc/1",
            "/sys",
            "/var/lib/kubelet/device-plugins/",
            "/var/lib/kubelet",
            "/var",
            "/dev/tpmrm0",
            "/tmp/../dev/sgx_enclave",
        ] {
            assert!(reaches(path).is_some(), "{path}");
        }
        for path in ["/data", "/device", "/var/run/aesmd/aesm.socket", "/variable"] {
            assert_eq!(reaches(path), None, "{path}");
        }
    }
}
