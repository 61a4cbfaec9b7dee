//! Names nobody listed, told by the words in them: `kata-qemu-tdx-mine` has `tdx` in it.
//!
//! A word is a run of letters and digits. What is told this way is a guess, and whoever
//! uses it says so: it never makes an entry confidential on its own.

use super::technology::Technology;

/// What the words of a name say of a TEE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// This one.
    Named(Technology),
    /// Some TEE: `confidential`, `coco`, `tee`.
    Some,
}

/// Words that name a TEE.
const NAMES: [(&str, Technology); 13] = [
    ("sgx", Technology::Sgx),
    ("isgx", Technology::Sgx),
    ("sgx2", Technology::Sgx),
    ("tdx", Technology::Tdx),
    ("tdxguest", Technology::Tdx),
    ("snp", Technology::SevSnp),
    ("sevsnp", Technology::SevSnp),
    ("sev", Technology::Sev),
    ("seves", Technology::Sev),
    ("cca", Technology::Cca),
    ("nitroenclaves", Technology::Nitro),
    ("nitroenclave", Technology::Nitro),
    ("ibmse", Technology::SecureExecution),
];

/// Words that say that there is a TEE, but not which.
const KINDS: [&str; 9] =
    ["confidential", "confidentialvm", "cvm", "coco", "tee", "enclave", "enclaves", "cc", "ccruntime"];

/// What the words of `name` say. The most exact word wins: `sev-snp` is SEV-SNP.
pub(crate) fn hint(name: &str) -> Option<Hint> {
    let mut hint: Option<Hint> = None;
    let mut nitro = false;
    for word in words(name) {
        let named = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, is)| *is);
        let some = KINDS.iter().any(|known| known.eq_ignore_ascii_case(word));
        nitro |= word.eq_ignore_ascii_case("nitro");
        hint = match (hint, named) {
            // `sev` is what `sev-snp` begins with.
            (None | Some(Hint::Some | Hint::Named(Technology::Sev)), Some(named)) => Some(Hint::Named(named)),
            (None, None) if some => Some(Hint::Some),
            (hint, _) => hint,
        };
    }
    match hint {
        Some(Hint::Some) if nitro => Some(Hint::Named(Technology::Nitro)),
        hint => hint,
    }
}

/// The words of a name: runs of letters and digits.
pub(crate) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_by_whole_words() {
        let named = |is| Some(Hint::Named(is));
        for (name, expected) in [
            ("tdx-ac", named(Technology::Tdx)),
            ("smarter-devices/sgx_enclave", named(Technology::Sgx)),
            ("sev-snp.example.com/slots", named(Technology::SevSnp)),
            ("my-sev-class", named(Technology::Sev)),
            ("aws.amazon.com/nitro-enclaves", named(Technology::Nitro)),
            ("Confidential", Some(Hint::Some)),
            ("kata-coco", Some(Hint::Some)),
            ("karpenter.k8s.aws/instance-hypervisor=nitro", None),
            ("severe", None),
            ("accc", None),
            ("", None),
        ] {
            assert_eq!(hint(name), expected, "{name}");
        }
    }
}
