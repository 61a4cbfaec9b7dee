//! The SGX extension of a PCK certificate, in DER.

use super::DcapPlatform;

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const INTEGER: u8 = 0x02;
const BOOLEAN: u8 = 0x01;
const ENUMERATED: u8 = 0x0a;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// 1.2.840.113741.1.13.1, without tag and length.
const EXTENSION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01];

/// Its content, of a platform with PCE-ID 0.
pub(super) fn sgx_extension(platform: &DcapPlatform) -> Vec<u8> {
    let mut tcb: Vec<Vec<u8>> = platform
        .tcb_components
        .iter()
        .zip(1..)
        .map(|(svn, arc)| pair(&[2, arc], &integer((*svn).into())))
        .collect();
    tcb.push(pair(&[2, 17], &integer(platform.pce_svn)));
    tcb.push(pair(&[2, 18], &tlv(OCTET_STRING, &platform.tcb_components)));
    let mut fields = vec![
        pair(&[1], &tlv(OCTET_STRING, &platform.ppid)),
        pair(&[2], &tlv(SEQUENCE, &tcb.concat())),
        pair(&[3], &tlv(OCTET_STRING, &[0, 0])),
        pair(&[4], &tlv(OCTET_STRING, &platform.fmspc)),
        pair(&[5], &tlv(ENUMERATED, &[1])),
    ];
    if let Some(smt) = platform.smt_enabled {
        let flag = |arc, value| pair(&[7, arc], &tlv(BOOLEAN, &[if value { 0xff } else { 0 }]));
        let configuration = [flag(1, true), flag(2, true), flag(3, smt)].concat();
        fields.push(pair(&[6], &tlv(OCTET_STRING, &[0x1d; 16])));
        fields.push(pair(&[7], &tlv(SEQUENCE, &configuration)));
    }
    tlv(SEQUENCE, &fields.concat())
}

fn pair(arcs: &[u8], value: &[u8]) -> Vec<u8> {
    let oid = tlv(OBJECT_IDENTIFIER, &[EXTENSION.as_slice(), arcs].concat());
    tlv(SEQUENCE, &[oid, value.to_vec()].concat())
}

fn integer(value: u16) -> Vec<u8> {
    let [high, low] = value.to_be_bytes();
    match (high, low) {
        (0, 0..=0x7f) => tlv(INTEGER, &[low]),
        (0..=0x7f, _) => tlv(INTEGER, &[high, low]),
        _ => tlv(INTEGER, &[0, high, low]),
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).expect("an extension is short").to_be_bytes();
    let header = match len {
        [0, short @ 0..=0x7f] => vec![tag, short],
        [0, low] => vec![tag, 0x81, low],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}
