//! What programs are told: variables and commands that only make sense in a TEE, or that
//! show that a program is attested.
//!
//! None of these is a request. They tell a request that lacks something it evidently needs
//! from one that is whole.

/// What a variable's name gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    /// The program runs on a library OS or SDK for enclaves, of that name.
    Runtime(&'static str),
    /// The program is attested.
    Attestation,
    /// The value is a secret.
    Secret,
}

/// Beginnings of names of variables that a runtime for enclaves reads.
pub(crate) const RUNTIMES: [(&str, &str); 6] = [
    ("SCONE_", "SCONE"),
    ("OCCLUM_", "Occlum"),
    ("GRAMINE_", "Gramine"),
    ("MYSTIKOS_", "Mystikos"),
    ("EDG_", "EGo"),
    ("OE_", "Open Enclave"),
];

/// Beginnings of names of variables that show attestation.
pub(crate) const ATTESTATION: [&str; 14] = [
    "RA_TLS_",
    "RATLS_",
    "SGX_AESM_ADDR",
    "SCONE_CAS_ADDR",
    "SCONE_CONFIG_ID",
    "PCCS_URL",
    "ATTESTATION_URL",
    "ATTESTATION_SERVICE",
    "KBS_",
    "AA_KBC_",
    "AS_ADDR",
    "RA_SERVICE_ADDRESS",
    "MAA_",
    "CERTIFIER_",
];

/// Parts of commands that show attestation: Confidential Containers' data hub and agent, go-sev-guest's
/// and Intel's tools.
pub(crate) const COMMANDS: [&str; 5] =
    ["/cdh/resource/", "127.0.0.1:8006/aa/", "conf-compute", "attestation-agent", "trustauthority-cli"];

/// Ends of names of variables that hold secrets.
pub(crate) const SECRETS: [&str; 10] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "SECRET_KEY",
    "PRIVATE_KEY",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "TOKEN",
    "CREDENTIALS",
];

/// What a variable of that name gives away. A variable can be a runtime's and show attestation;
/// then it shows attestation.
pub(crate) fn variable(name: &str) -> Option<Variable> {
    let upper = name.to_ascii_uppercase();
    if ATTESTATION.iter().any(|beginning| upper.starts_with(beginning)) {
        return Some(Variable::Attestation);
    }
    if let Some(runtime) = runtime(name) {
        return Some(Variable::Runtime(runtime));
    }
    let ends = |end: &str| {
        upper.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', '.']))
    };
    SECRETS.iter().any(|end| ends(end)).then_some(Variable::Secret)
}

/// The runtime for enclaves that reads a variable of that name.
pub(crate) fn runtime(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    RUNTIMES.iter().find(|(beginning, _)| upper.starts_with(beginning)).map(|(_, runtime)| *runtime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_give_away_what_they_are_for() {
        for (name, expected) in [
            ("SCONE_CAS_ADDR", Some(Variable::Attestation)),
            ("SCONE_HEAP", Some(Variable::Runtime("SCONE"))),
            ("RA_TLS_MRSIGNER", Some(Variable::Attestation)),
            ("db_password", Some(Variable::Secret)),
            ("TOKEN", Some(Variable::Secret)),
            ("TOKENIZER", None),
            ("MAX_TOKEN_COUNT", None),
            ("PATH", None),
        ] {
            assert_eq!(variable(name), expected, "{name}");
        }
    }
}
