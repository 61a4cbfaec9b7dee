//! Kubernetes and policy documents in, model out
