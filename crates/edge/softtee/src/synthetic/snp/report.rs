//! A report's bytes from what it says: the other way round than `attest` reads it.

use casemate_attest::Product;
use casemate_attest::claims::{SnpBody, SnpKey, SnpTcb};
use casemate_attest::snp::REPORT_LEN;

/// Bytes the signature is over, and where its numbers are.
const SIGNED_LEN: usize = 0x2a0;
const R: usize = 0x2a0;
const S: usize = 0x2e8;
const ECDSA_P384_SHA384: u32 = 1;

/// What is signed of a report that says this.
pub(super) fn signed_part(body: &SnpBody) -> Vec<u8> {
    let mut out = vec![0; SIGNED_LEN];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    let signing_key = if body.signing_key == SnpKey::Vlek { 1_u32 << 2 } else { 0 };
    let flags = signing_key | u32::from(body.chip_key_masked) << 1 | u32::from(body.author_key_enabled);
    let tcb = |tcb: &SnpTcb| encode_tcb(tcb, body.product);
    put(0x00, &body.version.to_le_bytes());
    put(0x04, &body.guest_svn.to_le_bytes());
    put(0x08, &body.policy.to_le_bytes());
    put(0x10, &body.family_id);
    put(0x20, &body.image_id);
    put(0x30, &body.vmpl.to_le_bytes());
    put(0x34, &ECDSA_P384_SHA384.to_le_bytes());
    put(0x38, &tcb(&body.current_tcb));
    put(0x40, &body.platform_info.to_le_bytes());
    put(0x48, &flags.to_le_bytes());
    put(0x50, &body.report_data.0);
    put(0x90, body.measurement.as_bytes());
    put(0xc0, body.host_data.as_bytes());
    put(0xe0, body.id_key_digest.as_bytes());
    put(0x110, body.author_key_digest.as_bytes());
    put(0x140, &body.report_id);
    put(0x160, &body.report_id_ma);
    put(0x180, &tcb(&body.reported_tcb));
    put(0x188, &body.cpuid.unwrap_or_default());
    put(0x1a0, &body.chip_id);
    put(0x1e0, &tcb(&body.committed_tcb));
    put(0x1e8, &body.current_version);
    put(0x1ec, &body.committed_version);
    put(0x1f0, &tcb(&body.launch_tcb));
    put(0x1f8, &body.launch_mit_vector.unwrap_or_default().to_le_bytes());
    put(0x200, &body.current_mit_vector.unwrap_or_default().to_le_bytes());
    out
}

/// The report with its signature: r, then s, big-endian, of 48 bytes each.
pub(super) fn assemble(signed: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut out = signed.to_vec();
    out.resize(REPORT_LEN, 0);
    let (r, s) = signature.split_at(signature.len() / 2);
    for (at, number) in [(R, r), (S, s)] {
        out[at..].iter_mut().zip(number.iter().rev()).for_each(|(into, byte)| *into = *byte);
    }
    out
}

fn encode_tcb(tcb: &SnpTcb, product: Product) -> [u8; 8] {
    let SnpTcb { fmc, boot_loader, tee, snp, microcode } = *tcb;
    match product {
        Product::Turin => [fmc.unwrap_or(0), boot_loader, tee, snp, 0, 0, 0, microcode],
        Product::Milan | Product::Genoa => [boot_loader, tee, 0, 0, 0, 0, snp, microcode],
    }
}
