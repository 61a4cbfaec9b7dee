//! What a pod asks for that is not planned: each is written down with its place and cause, and the pod waits.
//!
//! To run, the same is a problem of its document ([`Findings::not_done`]). Told here is what a spec says
//! beside its containers and volumes.

use crate::Technology;
use crate::field::Field;
use crate::inputs::Purpose;
use crate::metadata::Identity;
use crate::problem::Findings;
use crate::vocabulary::annotations::{Annotation, annotation};

/// A field of a pod's spec, and why it is not done: to run, and to plan.
struct Rule {
    key: &'static str,
    run: (&'static str, &'static str),
    /// `None`: it is done.
    plan: Option<(&'static str, &'static str)>,
}

/// Fields that are not done wherever they are not empty.
const RULES: [Rule; 3] = [
    Rule {
        key: "schedulingGates",
        run: ("scheduling gates are not lifted by this version", "Take them out"),
        plan: Some((
            "the pod waits until its scheduling gates are taken away",
            "Take out those that are open",
        )),
    },
    Rule {
        key: "resourceClaims",
        run: (
            "no node of this version offers devices by claim",
            "Ask for a resource, such as `sgx.intel.com/epc`",
        ),
        plan: Some((
            "dynamic resource allocation is not implemented: which devices a claim gets is not known",
            "Ask for a resource, such as `sgx.intel.com/epc`",
        )),
    },
    Rule {
        key: "resources",
        run: ("resources of a whole pod are not counted by this version", "Write them with each container"),
        plan: None,
    },
];

/// Tells of each field that is not done.
pub(crate) fn fields(spec: &Field<'_>, purpose: Purpose, to: &mut Findings) {
    for rule in &RULES {
        let said = if purpose == Purpose::Run { Some(rule.run) } else { rule.plan };
        let field = spec.get(rule.key).filter(|field| !field.is_empty());
        if let (Some(field), Some((cause, remedy))) = (field, said) {
            to.not_done(purpose, field.not_run(cause, remedy));
        }
    }
    if let Some(field) = spec.at(&["os", "name"])
        && field.text(to).is_some_and(|os| os != "linux")
    {
        let problem =
            field.not_run("programs for this system are not run", "Take `os` out, or write `linux`");
        to.not_done(purpose, problem);
    }
    if purpose == Purpose::Plan {
        gang(spec, to);
        host_network(spec, to);
    }
}

/// A pod that starts only together with others (KEP-4671).
fn gang(spec: &Field<'_>, to: &mut Findings) {
    if let Some(field) = spec.get("workloadRef").filter(|field| !field.is_empty()) {
        to.not_done(
            Purpose::Plan,
            field.not_run(
                "pods are placed one by one, not as a gang",
                "Take it out, or place the gang by hand",
            ),
        );
    }
}

/// On the host's network every port of a container is one of its node (`defaultHostNetworkPorts`).
fn host_network(spec: &Field<'_>, to: &mut Findings) {
    let on_host = spec.get("hostNetwork").is_some_and(|field| field.is_true());
    for container in spec.elements_of("containers").iter().chain(&spec.elements_of("initContainers")) {
        for port in container.elements_of("ports") {
            let key = if on_host { "containerPort" } else { "hostPort" };
            let port = port.get("hostPort").or_else(|| port.get(key));
            if let Some(port) = port.filter(|port| port.plain() != Some("0")) {
                to.not_done(
                    Purpose::Plan,
                    port.not_run(
                        "which pod has a port of its node is not planned by this version",
                        "Take `hostPort` out, or narrow the choice of nodes with `nodeSelector`",
                    ),
                );
            }
        }
    }
}

/// Annotations by which others ask for a TEE. They say so of the pod's sandbox, which nothing here counts.
pub(crate) fn annotations(identity: &Identity, metadata: Option<&Field<'_>>, to: &mut Findings) {
    let written = metadata.and_then(|metadata| metadata.get("annotations"));
    for (key, value) in &identity.annotations {
        let what = match annotation(key, value) {
            Some(Annotation::Confidential(technology)) => format!("asks for {technology} by annotation"),
            Some(Annotation::Epc) if value.trim() != "0" => {
                format!("asks for encrypted memory of {} by annotation", Technology::Sgx)
            }
            _ => continue,
        };
        let field = written.as_ref().and_then(|field| field.get(key));
        if let Some(field) = field {
            let cause = format!("{what}, which is not counted by this version");
            to.not_done(Purpose::Plan, field.not_run(cause, "Ask for a resource, or name a runtime class"));
        }
    }
}
