//! What `kubectl get … -o yaml` prints is taken as it is.

use casemate_manifest::{Idle, read};
use casemate_model::RestartPolicy;

use crate::fixture::{reading, source, summary};

/// A pod of a Deployment as a cluster gives it back, with what the cluster added.
const LIVE: &str = r#"
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations: {cni.example/addresses: 10.0.0.7}
    creationTimestamp: "2025-06-25T00:00:00Z"
    generateName: web-5d7-
    labels: {app: web, pod-template-hash: 5d7}
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1: {f:metadata: {f:labels: {.: {}, f:app: {}}}}
      manager: kube-controller-manager
      operation: Update
      time: "2025-06-25T00:00:00Z"
    name: web-5d7-x9
    namespace: shop
    ownerReferences:
    - {apiVersion: apps/v1, blockOwnerDeletion: true, controller: true, kind: ReplicaSet, name: web-5d7, uid: u1}
    resourceVersion: "4711"
    uid: 0d3c1f8e-0000-4000-8000-000000000000
  spec:
    containers:
    - image: file://./web.wasm
      imagePullPolicy: Always
      name: web
      resources:
        limits: {sgx.intel.com/epc: 4Mi}
        requests: {sgx.intel.com/epc: 4Mi}
      securityContext: {}
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: File
      volumeMounts:
      - {mountPath: /var/run/secrets/kubernetes.io/serviceaccount, name: kube-api-access-9xk2p, readOnly: true}
    dnsPolicy: ClusterFirst
    enableServiceLinks: true
    nodeName: worker-3
    preemptionPolicy: PreemptLowerPriority
    priority: 0
    restartPolicy: Always
    schedulerName: default-scheduler
    securityContext: {}
    serviceAccount: default
    serviceAccountName: default
    terminationGracePeriodSeconds: 30
    tolerations:
    - {effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300}
    volumes:
    - name: kube-api-access-9xk2p
      projected:
        defaultMode: 420
        sources:
        - serviceAccountToken: {expirationSeconds: 3607, path: token}
        - configMap: {items: [{key: ca.crt, path: ca.crt}], name: kube-root-ca.crt}
        - downwardAPI: {items: [{fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}, path: namespace}]}
  status:
    conditions: [{lastProbeTime: null, status: "True", type: Ready}]
    phase: Running
    podIP: 10.0.0.7
kind: List
metadata: {resourceVersion: ""}
"#;

const DEPLOYMENT: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations: {deployment.kubernetes.io/revision: "1"}
  creationTimestamp: null
  generation: 1
  name: web
  namespace: shop
  resourceVersion: "4710"
  uid: 1d3c1f8e-0000-4000-8000-000000000000
spec:
  progressDeadlineSeconds: 600
  replicas: 2
  revisionHistoryLimit: 10
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}, type: RollingUpdate}
  template:
    metadata: {creationTimestamp: null, labels: {app: web}}
    spec:
      containers: [{image: file://./web.wasm, name: web, resources: {}}]
      restartPolicy: Always
      securityContext: {}
status: {availableReplicas: 2, observedGeneration: 1}
"#;

#[test]
fn a_pod_out_of_a_cluster_is_run_without_what_only_the_cluster_had() {
    let reading = reading(LIVE);
    assert_eq!(reading.problems, []);
    let pod = &reading.workloads[0].pod;
    assert_eq!(
        (pod.key.to_string().as_str(), pod.restart_policy),
        ("shop/web-5d7-x9", RestartPolicy::Always)
    );
    assert!(pod.volumes.is_empty() && pod.containers[0].mounts.is_empty());
    insta::assert_snapshot!(summary(&reading));
}

#[test]
fn a_node_that_somebody_wrote_is_not_taken_for_one_the_cluster_chose() {
    let written = LIVE.replace("    uid: 0d3c1f8e-0000-4000-8000-000000000000\n", "");
    let problems = reading(&written).problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].field, "spec.nodeName");
}

#[test]
fn everything_of_a_namespace_runs_each_pod_once() {
    let set = DEPLOYMENT.replace("kind: Deployment", "kind: ReplicaSet").replace(
        "  name: web\n",
        "  name: web-5d7\n  ownerReferences: [{controller: true, kind: Deployment, name: web}]\n",
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.1.1.1}\n";
    let all = read(&[LIVE, service, DEPLOYMENT, &set].map(source));
    assert_eq!(all.problems, []);
    let names: Vec<_> = all.workloads.iter().map(|workload| workload.pod.key.name.as_str()).collect();
    assert_eq!(names, ["web-0", "web-1"]);
    assert_eq!(all.understood.iter().map(|it| it.because).collect::<Vec<_>>(), [Idle::Owned, Idle::Owned]);
}
