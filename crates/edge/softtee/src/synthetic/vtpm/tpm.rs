//! A TPM: its attestation key, its registers, quotes over them, and an event log that leads to them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::digest::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use casemate_attest::TpmQuote;
use casemate_attest::claims::PcrBank;
use casemate_attest::tpm::ObjectAttributes;
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Reader};
use rcgen::PublicKeyData;

/// A quote's bitmap has room for 24 registers, as every TPM for PCs has.
const REGISTERS: u8 = 24;

/// What the attestation key is, and how it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TpmKeyKind {
    /// RSA-2048 with RSASSA-PKCS1-v1_5 and SHA-256.
    RsaSsa,
    /// RSA-2048 with RSASSA-PSS and SHA-256.
    RsaPss,
    /// P-256 with SHA-256.
    P256,
    /// P-384 with SHA-384.
    P384,
}

impl TpmKeyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::RsaSsa, Self::RsaPss, Self::P256, Self::P384];
}

/// One thing that is wrong with a quote, which the attestation key signs all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteDefect {
    /// It begins with something else than a TPM writes.
    Magic,
    /// It is a certification of a key (`TPM_ST_ATTEST_CERTIFY`).
    NotAQuote,
    /// It selects its bank twice.
    BankTwice,
    /// It selects no register.
    NoRegister,
    /// It selects a bank of SM3.
    UnknownBank,
    /// Its bitmap has nine bytes.
    BitmapTooLong,
    /// Its digest is over other registers.
    Digest,
    /// Bytes follow its digest.
    Trailing,
    /// Another key signed it.
    Forged,
}

impl QuoteDefect {
    /// Every defect.
    pub const ALL: [Self; 9] = [
        Self::Magic,
        Self::NotAQuote,
        Self::BankTwice,
        Self::NoRegister,
        Self::UnknownBank,
        Self::BitmapTooLong,
        Self::Digest,
        Self::Trailing,
        Self::Forged,
    ];
}

#[derive(Debug)]
enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// What a quote says beside the registers' values.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it is made for.
    pub extra_data: Vec<u8>,
    /// How often the TPM was reset, and restarted since.
    pub counts: (u32, u32),
    /// Which registers are quoted.
    pub selection: Vec<u8>,
}

/// A TPM.
#[derive(Debug)]
pub struct SyntheticTpm {
    kind: TpmKeyKind,
    key: Key,
    /// What its quotes will say, unless a test changes it.
    pub statement: Statement,
    /// What its public area says of the key.
    pub attributes: u32,
}

impl SyntheticTpm {
    /// A TPM that quotes its 24 registers. An RSA key is the same for every TPM of a process, because
    /// making one takes a quarter of a second; others are new.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn new(kind: TpmKeyKind) -> Self {
        Self::with_key(kind, new_key(kind, Whose::Ours))
    }

    /// The same with another key than any that [`SyntheticTpm::new`] makes.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn stranger(kind: TpmKeyKind) -> Self {
        Self::with_key(kind, new_key(kind, Whose::Strangers))
    }

    fn with_key(kind: TpmKeyKind, key: Key) -> Self {
        Self {
            kind,
            key,
            statement: Statement {
                extra_data: b"challenge".to_vec(),
                counts: (7, 1),
                selection: (0..REGISTERS).collect(),
            },
            attributes: ObjectAttributes::FIXED_TPM
                | ObjectAttributes::FIXED_PARENT
                | ObjectAttributes::SENSITIVE_DATA_ORIGIN
                | ObjectAttributes::RESTRICTED
                | ObjectAttributes::SIGN,
        }
    }

    /// Modulus and exponent of an RSA key.
    ///
    /// # Panics
    ///
    /// Where the key is none.
    #[must_use]
    pub fn rsa_numbers(&self) -> (Vec<u8>, Vec<u8>) {
        let read = |sequence: AnyRef<'_>| {
            sequence.sequence(|fields| {
                let (n, e) = (fields.decode::<UintRef<'_>>()?, fields.decode::<UintRef<'_>>()?);
                Ok::<_, der::Error>((n.as_bytes().to_vec(), e.as_bytes().to_vec()))
            })
        };
        AnyRef::from_der(self.der_bytes()).and_then(read).expect("an RSA key")
    }

    /// The key's public area: a TPMT_PUBLIC.
    ///
    /// # Panics
    ///
    /// Never: lengths are those of the key.
    #[must_use]
    pub fn public_area(&self) -> Vec<u8> {
        let none = 0x10_u16.to_be_bytes();
        let mut area = Vec::new();
        let kind: u16 = if matches!(self.key, Key::Rsa(_)) { 0x0001 } else { 0x0023 };
        area.extend(kind.to_be_bytes());
        area.extend(PcrBank::Sha256.algorithm_id().to_be_bytes());
        area.extend(self.attributes.to_be_bytes());
        area.extend([0, 0]);
        area.extend(none);
        area.extend(self.scheme());
        match self.kind {
            TpmKeyKind::RsaSsa | TpmKeyKind::RsaPss => {
                area.extend(2048_u16.to_be_bytes());
                area.extend([0; 4]);
                area.extend(sized(&self.rsa_numbers().0));
            }
            TpmKeyKind::P256 | TpmKeyKind::P384 => {
                let curve: u16 = if self.kind == TpmKeyKind::P256 { 3 } else { 4 };
                area.extend(curve.to_be_bytes());
                area.extend(none);
                let (_, point) = self.der_bytes().split_first().expect("a point");
                point.chunks(point.len() / 2).for_each(|number| area.extend(sized(number)));
            }
        }
        area
    }

    /// A quote over a bank's registers, and a TPMT_SIGNATURE.
    #[must_use]
    pub fn quote(&self, bank: PcrBank) -> TpmQuote {
        self.quote_with(&self.statement, bank, None)
    }

    /// A quote that says this, and has this wrong.
    ///
    /// # Panics
    ///
    /// Where the crypto library fails.
    #[must_use]
    pub fn quote_with(&self, says: &Statement, bank: PcrBank, defect: Option<QuoteDefect>) -> TpmQuote {
        let has = |it| defect == Some(it);
        let mut replayed = registers(bank);
        let mut pcrs: Vec<_> = says
            .selection
            .iter()
            .map(|index| (Some(*index), replayed.remove(index).unwrap_or_else(|| vec![0; bank.digest_len()])))
            .collect();
        if has(QuoteDefect::NoRegister) {
            pcrs.clear();
        }
        if has(QuoteDefect::BankTwice) {
            pcrs = [pcrs.clone(), pcrs].concat();
        }
        let message = self.message(says, bank, &pcrs, defect);
        let stranger = new_key(self.kind, Whose::Strangers);
        let key = if has(QuoteDefect::Forged) { &stranger } else { &self.key };
        TpmQuote { signature: self.signature(key, &message), message, pcrs }
    }

    fn message(
        &self,
        says: &Statement,
        bank: PcrBank,
        pcrs: &[(Option<u8>, Vec<u8>)],
        defect: Option<QuoteDefect>,
    ) -> Vec<u8> {
        let has = |it| defect == Some(it);
        let magic: u32 = if has(QuoteDefect::Magic) { 0xff54_4348 } else { 0xff54_4347 };
        let kind: u16 = if has(QuoteDefect::NotAQuote) { 0x8017 } else { 0x8018 };
        let bitmap = says.selection.iter().fold(0_u32, |bits, index| bits | 1 << index);
        let bitmap = if has(QuoteDefect::NoRegister) { 0 } else { bitmap };
        let algorithm = if has(QuoteDefect::UnknownBank) { 0x0012 } else { bank.algorithm_id() };

        let mut message = [&magic.to_be_bytes()[..], &kind.to_be_bytes()].concat();
        message.extend(sized(&[0, 11, 1, 2, 3]));
        message.extend(sized(&says.extra_data));
        message.extend(1_000_u64.to_be_bytes());
        message.extend(says.counts.0.to_be_bytes());
        message.extend(says.counts.1.to_be_bytes());
        message.push(1);
        message.extend(0x2016_0511_0016_2800_u64.to_be_bytes());
        let banks: u32 = if has(QuoteDefect::BankTwice) { 2 } else { 1 };
        message.extend(banks.to_be_bytes());
        for _ in 0..banks {
            message.extend(algorithm.to_be_bytes());
            if has(QuoteDefect::BitmapTooLong) {
                message.extend([9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0]);
            } else {
                let [first, second, third, _] = bitmap.to_le_bytes();
                message.extend([3, first, second, third]);
            }
        }
        let mut values: Vec<u8> = pcrs.iter().flat_map(|(_, value)| value).copied().collect();
        if has(QuoteDefect::Digest) {
            values.push(0);
        }
        message.extend(sized(digest(self.hash().1, &values).as_ref()));
        if has(QuoteDefect::Trailing) {
            message.push(0);
        }
        message
    }

    /// A TPMT_SIGNATURE.
    fn signature(&self, key: &Key, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let wrapped = match key {
            Key::Rsa(key) => {
                let padding =
                    if self.kind == TpmKeyKind::RsaPss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).expect("a signature");
                sized(&signature)
            }
            Key::Ec(key) => {
                let signature = key.sign(&random, message).expect("a signature");
                let (r, s) = signature.as_ref().split_at(signature.as_ref().len() / 2);
                [sized(r), sized(s)].concat()
            }
        };
        [self.scheme().to_vec(), wrapped].concat()
    }

    /// Scheme and hash, as the TPM writes them.
    fn scheme(&self) -> [u8; 4] {
        let scheme: u16 = match self.kind {
            TpmKeyKind::RsaSsa => 0x0014,
            TpmKeyKind::RsaPss => 0x0016,
            TpmKeyKind::P256 | TpmKeyKind::P384 => 0x0018,
        };
        let ([a, b], [c, d]) = (scheme.to_be_bytes(), self.hash().0.algorithm_id().to_be_bytes());
        [a, b, c, d]
    }

    fn hash(&self) -> (PcrBank, &'static aws_lc_rs::digest::Algorithm) {
        match self.kind {
            TpmKeyKind::P384 => (PcrBank::Sha384, &aws_lc_rs::digest::SHA384),
            _ => (PcrBank::Sha256, &aws_lc_rs::digest::SHA256),
        }
    }
}

impl PublicKeyData for SyntheticTpm {
    fn der_bytes(&self) -> &[u8] {
        match &self.key {
            Key::Rsa(key) => key.public_key().as_ref(),
            Key::Ec(key) => key.public_key().as_ref(),
        }
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.kind {
            TpmKeyKind::RsaSsa | TpmKeyKind::RsaPss => &rcgen::PKCS_RSA_SHA256,
            TpmKeyKind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            TpmKeyKind::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
        }
    }
}

/// A crypto-agile log of a SHA-1 and a SHA-256 bank: a startup from locality 3, and one event in each of the
/// registers 0 to 7.
#[must_use]
pub fn event_log() -> Vec<u8> {
    const EV_NO_ACTION: u32 = 3;
    let mut header = [&b"Spec ID Event03\0"[..], &[0, 0, 0, 0, 0, 2, 0, 2]].concat();
    header.extend(2_u32.to_le_bytes());
    for bank in [PcrBank::Sha1, PcrBank::Sha256] {
        header.extend(bank.algorithm_id().to_le_bytes());
        header.extend((bank.digest_len() as u16).to_le_bytes());
    }
    header.push(0);

    let mut log = [&[0; 4][..], &EV_NO_ACTION.to_le_bytes(), &[0; 20]].concat();
    log.extend((header.len() as u32).to_le_bytes());
    log.extend(header);
    log.extend(event(0, EV_NO_ACTION, [&[0; 20], &[0; 32]], b"StartupLocality\0\x03"));
    for index in 0..8_u32 {
        let data = format!("event {index}");
        let measured = [PcrBank::Sha1, PcrBank::Sha256].map(|bank| hash(bank, &[data.as_bytes()]));
        log.extend(event(index, 1, [&measured[0], &measured[1]], data.as_bytes()));
    }
    log
}

/// The registers that [`event_log`] leads to, and one that an operating system extended.
fn registers(bank: PcrBank) -> BTreeMap<u8, Vec<u8>> {
    let firmware = (0..8_u8).map(|index| {
        let mut value = vec![0; bank.digest_len()];
        if let (0, Some(last)) = (index, value.last_mut()) {
            *last = 3;
        }
        let measured = hash(bank, &[format!("event {index}").as_bytes()]);
        (index, hash(bank, &[&value, &measured]))
    });
    firmware.chain([(10, hash(bank, &[b"the operating system's"]))]).collect()
}

fn event(index: u32, kind: u32, digests: [&[u8]; 2], data: &[u8]) -> Vec<u8> {
    let mut event = [index.to_le_bytes(), kind.to_le_bytes(), 2_u32.to_le_bytes()].concat();
    for (bank, digest) in [PcrBank::Sha1, PcrBank::Sha256].into_iter().zip(digests) {
        event.extend(bank.algorithm_id().to_le_bytes());
        event.extend(digest);
    }
    event.extend((data.len() as u32).to_le_bytes());
    event.extend(data);
    event
}

fn hash(bank: PcrBank, parts: &[&[u8]]) -> Vec<u8> {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
    let algorithm = match bank {
        PcrBank::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        PcrBank::Sha256 => &SHA256,
        PcrBank::Sha384 => &SHA384,
        PcrBank::Sha512 => &SHA512,
    };
    digest(algorithm, &parts.concat()).as_ref().to_vec()
}

/// Whose a key is: one never has another's.
#[derive(Clone, Copy)]
enum Whose {
    Ours = 0,
    Strangers = 1,
}

/// The RSA keys of this process, in PKCS #8.
static RSA_KEYS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [Whose::Ours, Whose::Strangers].map(|_| {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
        key.as_der().map(|it: Pkcs8V1Der<'_>| it.as_ref().to_vec()).expect("PKCS #8")
    })
});

fn new_key(kind: TpmKeyKind, whose: Whose) -> Key {
    match kind {
        TpmKeyKind::RsaSsa | TpmKeyKind::RsaPss => {
            Key::Rsa(RsaKeyPair::from_pkcs8(&RSA_KEYS[whose as usize]).expect("an RSA key"))
        }
        TpmKeyKind::P256 => Key::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")),
        TpmKeyKind::P384 => Key::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key")),
    }
}

/// A `TPM2B`.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat()
}
