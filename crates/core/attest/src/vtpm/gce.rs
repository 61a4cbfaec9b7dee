//! A vTPM of a Google Compute Engine VM: its quotes are signed by a key that Google certified.
//!
//! One quote a bank; all of them have to be made of one TPM between the same two resets, for the same nonce,
//! over the same registers. SHA-1 alone is refused: it counts for nothing but to be compared. An event log,
//! where one came along, has to lead to the registers quoted.
//!
//! Where the VM is a confidential one, its report counts if it vouches for the key: report data is the
//! SHA-256 of the key's public area (TPMT_PUBLIC, as sent) and zeros, or its SHA-512. go-tpm-tools by default
//! puts the nonce there alone, which any other VM could have put there too: that is refused by name.

use std::collections::BTreeSet;

use casemate_model::Timestamp;

use super::chain::AkChain;
use super::hcl::padded_digest;
use super::inner::Inner;
use super::{VtpmFault, instance_info};
use crate::claims::{Body, Claims, NotChecked, PcrBank, PlatformId, VtpmBody, VtpmProvider};
use crate::tpm::event_log::EventLog;
use crate::tpm::{Attest, Public, Registers, VerifiedQuote, key, verify_quote};
use crate::x509::PublicKey;
use crate::{Endorsements, Evidence, Fault, GceVtpm, Refused, Roots, TpmQuote};

/// The firmware's registers, which nobody else extends without an event in its log (TCG PC Client platform
/// firmware profile, 2.3.4): a value there that no event explains is refused.
const FIRMWARE_REGISTERS: std::ops::RangeInclusive<u8> = 0..=7;

/// Verifies the evidence at the instant `now`.
pub(crate) fn verify(
    evidence: &GceVtpm,
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Claims, Refused> {
    let public = Public::parse(&evidence.ak_public)?;
    public.check_attests()?;
    let fingerprint = key::fingerprint(&public.key);
    let certificate = evidence.ak_certificate.as_ref().ok_or(VtpmFault::Uncertified { fingerprint })?;
    let chain = AkChain::verify(certificate, &evidence.certificates, endorsements, roots)?;
    if *chain.leaf.public_key() != public.key {
        return Err(VtpmFault::KeyMismatch.into());
    }
    let instance = instance_info::of(&chain.leaf)?;
    let (first, pcrs) = quoted(&evidence.quotes, &public.key)?;

    if let Some(log) = &evidence.event_log {
        check_log(log, &pcrs)?;
    }
    let missing =
        [(chain.is_partial, NotChecked::GoogleCrl), (evidence.event_log.is_none(), NotChecked::EventLog)];
    let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
    let mut not_checked: BTreeSet<_> = missing.map(|(_, what)| what).collect();
    let mut faults = chain.window.faults(now);
    faults.extend(chain.faults);
    let mut window = chain.window;
    let inner = match &evidence.inner {
        Some(inner) => Some(verify_inner(inner, &evidence.ak_public, endorsements, roots, now)?),
        None => None,
    };
    let inner = inner.map(|it| {
        faults.extend(it.faults);
        window = window.and(it.claims.window);
        not_checked.extend(it.claims.not_checked.iter().copied());
        Box::new(it.claims)
    });

    let body = VtpmBody {
        provider: VtpmProvider::Gce,
        extra_data: first.extra_data.to_vec(),
        firmware_version: first.firmware_version,
        reset_count: first.reset_count,
        restart_count: first.restart_count,
        pcrs,
        azure: None,
        gce: Some(instance),
        inner,
    };
    let claims = Claims {
        root: chain.root,
        window,
        platform: Some(PlatformId::VtpmKey(fingerprint)),
        tcb: body.inner.as_ref().and_then(|it| it.tcb.clone()),
        not_checked,
        body: Body::Vtpm(Box::new(body)),
    };
    if faults.is_empty() { Ok(claims) } else { Err(Refused { faults, claims: Some(Box::new(claims)) }) }
}

/// Every quote verified, and the registers of all.
fn quoted<'a>(quotes: &'a [TpmQuote], key: &PublicKey) -> Result<(Attest<'a>, Registers), Fault> {
    let (min, max, found) = (1, PcrBank::ALL.len(), quotes.len());
    if !(min..=max).contains(&found) {
        return Err(VtpmFault::Count { what: "quotes", min, max, found }.into());
    }
    let mut first: Option<Attest<'a>> = None;
    let mut registers = Registers::new();
    for (index, quote) in quotes.iter().enumerate() {
        let VerifiedQuote { attest, registers: quoted } = verify_quote(quote, key)?;
        check_agrees(index, &attest, first.get_or_insert(attest))?;
        for (bank, values) in quoted {
            if registers.insert(bank, values).is_some() {
                return Err(VtpmFault::BankTwice(bank).into());
            }
        }
    }
    if registers.keys().all(|bank| *bank == PcrBank::Sha1) {
        return Err(VtpmFault::OnlySha1.into());
    }
    let first = first.ok_or(VtpmFault::NoQuote)?;
    Ok((first, registers))
}

/// That a quote was made for the same nonce, of the same boot, over the same registers as the first.
fn check_agrees(index: usize, attest: &Attest<'_>, first: &Attest<'_>) -> Result<(), VtpmFault> {
    let bitmaps = |it: &Attest<'_>| it.selection.banks().map(|(_, bitmap)| bitmap).collect::<BTreeSet<_>>();
    let is_same = [
        ("extraData", attest.extra_data == first.extra_data),
        ("qualifiedSigner", attest.qualified_signer == first.qualified_signer),
        ("resetCount", attest.reset_count == first.reset_count),
        ("restartCount", attest.restart_count == first.restart_count),
        ("firmwareVersion", attest.firmware_version == first.firmware_version),
        ("selection of registers", bitmaps(attest) == bitmaps(first)),
    ];
    match is_same.into_iter().find(|(_, is_same)| !is_same) {
        Some((field, _)) => Err(VtpmFault::QuotesDiffer { index, field }),
        None => Ok(()),
    }
}

/// That the log leads to the registers quoted, in every bank both have, of which one has to count. A
/// register that the operating system extends later may have no event; one of the firmware has to.
fn check_log(log: &[u8], quoted: &Registers) -> Result<(), Fault> {
    let replayed = EventLog::parse(log)?.replay();
    if !replayed.keys().any(|bank| *bank != PcrBank::Sha1 && quoted.contains_key(bank)) {
        return Err(VtpmFault::EventLogBanks.into());
    }
    for (bank, registers) in quoted {
        let Some(replayed) = replayed.get(bank) else { continue };
        for (index, value) in registers {
            let is_explained = match replayed.get(index) {
                Some(expected) => expected == value,
                None => value.is_zero() || !FIRMWARE_REGISTERS.contains(index),
            };
            if !is_explained {
                return Err(VtpmFault::EventLog { bank: *bank, index: *index }.into());
            }
        }
    }
    Ok(())
}

/// The report of the confidential VM, which has to vouch for the vTPM's key.
fn verify_inner(
    evidence: &Evidence,
    ak_public: &[u8],
    endorsements: &Endorsements,
    roots: &Roots,
    now: Timestamp,
) -> Result<Inner, Refused> {
    if !matches!(evidence, Evidence::Quote(_) | Evidence::SnpReport { .. }) {
        return Err(VtpmFault::Inner { expected: "a TD quote or an SEV-SNP report" }.into());
    }
    let inner = Inner::verify(evidence, endorsements, roots, now)?;
    if !matches!(inner.claims.body, Body::Tdx(_) | Body::Snp(_)) {
        return Err(VtpmFault::Inner { expected: "a TD quote or an SEV-SNP report" }.into());
    }
    let vouches = [PcrBank::Sha256, PcrBank::Sha512].map(|hash| padded_digest(hash, ak_public));
    let found = inner.claims.report_data();
    if found.is_some_and(|found| vouches.contains(&found.0)) {
        Ok(inner)
    } else {
        Err(VtpmFault::InnerNotBound.into())
    }
}
