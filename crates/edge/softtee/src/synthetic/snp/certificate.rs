//! Certificates and revocation lists as AMD writes them (AMD 57230, 3.1), signed with RSASSA-PSS, which
//! rcgen does not do: their DER is put together here.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA384};
use casemate_attest::Product;
use casemate_attest::claims::SnpTcb;
use der::asn1::{GeneralizedTime, Ia5StringRef, ObjectIdentifier, Utf8StringRef};
use der::{DateTime, Encode};

use crate::certificate::Validity;

const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const MGF1: &str = "1.2.840.113549.1.1.8";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const COMMON_NAME: &str = "2.5.4.3";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: [u8; 2] = [5, 0];
/// keyCertSign and cRLSign.
const CA_USAGE: [u8; 4] = [BIT_STRING, 2, 1, 0x06];

/// A public key, in the form certificates have it.
pub(super) enum SubjectKey<'a> {
    Rsa(&'a RsaKeyPair),
    P384(&'a [u8]),
    P256(&'a [u8]),
}

/// What a certificate says.
pub(super) struct Certificate<'a> {
    pub(super) serial: u8,
    pub(super) subject: &'a str,
    pub(super) issuer: &'a str,
    pub(super) validity: Validity,
    pub(super) key: SubjectKey<'a>,
    /// DER of each.
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Certificate<'_> {
    /// The certificate in DER, signed by this key.
    pub(super) fn signed_by(&self, issuer: &RsaKeyPair) -> Vec<u8> {
        let tbs = sequence(&[
            tlv(0xa0, &tlv(INTEGER, &[2])),
            tlv(INTEGER, &[self.serial]),
            pss(),
            name(self.issuer),
            sequence(&[time(self.validity.not_before), time(self.validity.not_after)]),
            name(self.subject),
            public_key(&self.key),
            tlv(0xa3, &sequence(&self.extensions)),
        ]);
        sign(tbs, issuer)
    }
}

/// Basic constraints and key usage of a CA.
pub(super) fn ca_extensions(is_ca: bool) -> Vec<Vec<u8>> {
    let constraints = if is_ca { sequence(&[tlv(BOOLEAN, &[0xff])]) } else { sequence(&[]) };
    vec![critical(BASIC_CONSTRAINTS, &constraints), critical(KEY_USAGE, &CA_USAGE)]
}

/// AMD's extensions of a VCEK or VLEK, as `(last arcs of the identifier, content)`.
pub(super) fn vek_extensions(
    struct_version: u8,
    product_name: &str,
    tcb: &SnpTcb,
    owner: &[(&str, Vec<u8>)],
) -> Vec<Vec<u8>> {
    let number = |value: u8| value.to_der().expect("an integer encodes");
    let mut all = vec![("1", number(struct_version)), ("2", ia5(product_name))];
    all.extend(tcb.fmc.map(|fmc| ("3.9", number(fmc))));
    all.extend([
        ("3.1", number(tcb.boot_loader)),
        ("3.2", number(tcb.tee)),
        ("3.3", number(tcb.snp)),
        ("3.8", number(tcb.microcode)),
    ]);
    all.extend(owner.iter().cloned());
    let extension = |(arcs, content): (&str, Vec<u8>)| {
        sequence(&[oid(&format!("1.3.6.1.4.1.3704.1.{arcs}")), tlv(OCTET_STRING, &content)])
    };
    all.into_iter().map(extension).collect()
}

/// An IA5String in DER.
pub(super) fn ia5(text: &str) -> Vec<u8> {
    Ia5StringRef::new(text).and_then(|it| it.to_der()).expect("ASCII encodes")
}

/// A revocation list in DER, with this serial number on it or none.
pub(super) fn revocation_list(
    issuer: &str,
    validity: Validity,
    revoked: Option<u8>,
    key: &RsaKeyPair,
) -> Vec<u8> {
    let entry = |serial| sequence(&[tlv(INTEGER, &[serial]), time(validity.not_before)]);
    let mut fields =
        vec![tlv(INTEGER, &[1]), pss(), name(issuer), time(validity.not_before), time(validity.not_after)];
    fields.extend(revoked.map(|serial| sequence(&[entry(serial)])));
    sign(sequence(&fields), key)
}

/// The common name AMD gives the issuer of VCEKs, and of VLEKs.
pub(super) fn issuer_names(product: Product) -> [String; 2] {
    [format!("SEV-{product}"), format!("SEV-VLEK-{product}")]
}

fn sign(content: Vec<u8>, key: &RsaKeyPair) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA384, &SystemRandom::new(), &content, &mut signature).expect("the key signs");
    sequence(&[content, pss(), bit_string(&signature)])
}

/// RSASSA-PSS with SHA-384 throughout and a salt of 48 bytes.
fn pss() -> Vec<u8> {
    let sha384 = sequence(&[oid(SHA384), NULL.to_vec()]);
    let parameters = sequence(&[
        tlv(0xa0, &sha384),
        tlv(0xa1, &sequence(&[oid(MGF1), sha384.clone()])),
        tlv(0xa2, &tlv(INTEGER, &[48])),
    ]);
    sequence(&[oid(RSASSA_PSS), parameters])
}

fn public_key(key: &SubjectKey<'_>) -> Vec<u8> {
    let (algorithm, parameters, content) = match key {
        SubjectKey::Rsa(pair) => (RSA_ENCRYPTION, NULL.to_vec(), pair.public_key().as_ref()),
        SubjectKey::P384(point) => (EC_PUBLIC_KEY, oid(P384), *point),
        SubjectKey::P256(point) => (EC_PUBLIC_KEY, oid(P256), *point),
    };
    sequence(&[sequence(&[oid(algorithm), parameters]), bit_string(content)])
}

fn name(common_name: &str) -> Vec<u8> {
    let value = Utf8StringRef::new(common_name).and_then(|it| it.to_der()).expect("text encodes");
    sequence(&[tlv(SET, &sequence(&[oid(COMMON_NAME), value]))])
}

fn time(at: casemate_model::Timestamp) -> Vec<u8> {
    let since_1970 = std::time::Duration::from_secs(at.as_unix_secs());
    let date = DateTime::from_unix_duration(since_1970).expect("a date before the year 10000");
    GeneralizedTime::from_date_time(date).to_der().expect("a date encodes")
}

fn critical(identifier: &str, content: &[u8]) -> Vec<u8> {
    sequence(&[oid(identifier), tlv(BOOLEAN, &[0xff]), tlv(OCTET_STRING, content)])
}

fn oid(dotted: &str) -> Vec<u8> {
    ObjectIdentifier::new(dotted).map(|it| it.to_der()).expect("an identifier").expect("it encodes")
}

fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], bytes].concat())
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a short content").to_be_bytes();
    let used = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let length = match used {
        [] => vec![0],
        [short] if *short < 0x80 => vec![*short],
        long => [&[0x80 | long.len() as u8], long].concat(),
    };
    [&[tag], length.as_slice(), content].concat()
}
