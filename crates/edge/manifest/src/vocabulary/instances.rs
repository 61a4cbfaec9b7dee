//! Machine types of clouds that are confidential by their name.
//!
//! Azure names the TEE in the size (Microsoft, "VM naming conventions" and the pages of
//! the DC, EC and NCC series): `Standard_DC4s_v3` has SGX, `DC4as_v5` is an SEV-SNP guest,
//! `DC4es_v5` a TDX guest, `DC4as_cc_v5` may start SEV-SNP guests of its own. Other clouds
//! make any machine of a family confidential by an option that its name does not show.

use super::labels::Says;
use super::technology::Technology;

/// What a machine of that type is, or offers.
pub(crate) fn instance_type(name: &str) -> Option<Says> {
    let lower = name.to_ascii_lowercase();
    let size = lower.strip_prefix("standard_").unwrap_or(&lower);
    let (family, version) = size.split_once('_')?;
    let (series, rest) = ["ncc", "dc", "ec"].iter().find_map(|known| {
        family
            .strip_prefix(known)
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|r| (*known, r))
    })?;
    let features = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    match (series, features.as_bytes().first()?) {
        ("ncc", _) => Some(Says::Is(Some(Technology::SevSnp))),
        (_, b'a') if version.starts_with("cc_") => Some(Says::Offers(Technology::SevSnp)),
        (_, b'a') => Some(Says::Is(Some(Technology::SevSnp))),
        (_, b'e') => Some(Says::Is(Some(Technology::Tdx))),
        ("dc", b's' | b'd') => Some(Says::Offers(Technology::Sgx)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_sizes_name_their_tee() {
        for (name, expected) in [
            ("Standard_DC2s_v2", Some(Says::Offers(Technology::Sgx))),
            ("Standard_DC8ds_v3", Some(Says::Offers(Technology::Sgx))),
            ("Standard_DC4as_v5", Some(Says::Is(Some(Technology::SevSnp)))),
            ("Standard_EC8ads_v5", Some(Says::Is(Some(Technology::SevSnp)))),
            ("Standard_DC4es_v5", Some(Says::Is(Some(Technology::Tdx)))),
            ("Standard_DC4as_cc_v5", Some(Says::Offers(Technology::SevSnp))),
            ("Standard_NCC40ads_H100_v5", Some(Says::Is(Some(Technology::SevSnp)))),
            ("Standard_D4s_v5", None),
            ("Standard_DCx", None),
            ("m5.large", None),
            ("", None),
        ] {
            assert_eq!(instance_type(name), expected, "{name}");
        }
    }
}
