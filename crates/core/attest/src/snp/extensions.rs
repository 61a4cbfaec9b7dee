//! What AMD states in the certificate of a VCEK or VLEK (AMD 57230, 3.1: extensions under
//! 1.3.6.1.4.1.3704.1).

use der::Decode;
use der::asn1::Ia5StringRef;
use der::oid::ObjectIdentifier;

use super::SnpFault;
use crate::claims::{SnpKey, SnpTcb};
use crate::x509::Certificate;

const STRUCT_VERSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.1");
const PRODUCT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.2");
const BL_SPL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.1");
const TEE_SPL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.2");
const SNP_SPL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.3");
const UCODE_SPL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.8");
const FMC_SPL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.3.9");
const HW_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.4");
const CSP_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.3704.1.5");

const VCEK_NAME: &str = "SEV-VCEK";
const VLEK_NAME: &str = "SEV-VLEK";

/// Bytes of a chip ID, before Turin and since.
const HW_ID_LEN: usize = 64;
pub(super) const TURIN_HW_ID_LEN: usize = 8;

/// Which key a certificate says it is of, by its subject.
pub(super) fn role(certificate: &Certificate) -> Option<SnpKey> {
    match certificate.common_name()? {
        VCEK_NAME => Some(SnpKey::Vcek),
        VLEK_NAME => Some(SnpKey::Vlek),
        _ => None,
    }
}

/// AMD's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extensions {
    /// The product, and after a hyphen its stepping if it is given.
    pub(super) product_name: String,
    /// The versions the key is derived for.
    pub(super) tcb: SnpTcb,
    /// Whom the key is of.
    pub(super) owner: Owner,
}

/// Whom a key is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A chip (hwID).
    Chip(Vec<u8>),
    /// A cloud provider (cspID).
    Provider(String),
}

impl Extensions {
    /// Reads them from the certificate of a key of this kind.
    pub(super) fn read(certificate: &Certificate, key: SnpKey) -> Result<Self, SnpFault> {
        let it = Reader { certificate, key };
        let struct_version = it.number(STRUCT_VERSION, "structVersion")?;
        let has_fmc = match struct_version {
            0 => false,
            1 => true,
            _ => return Err(it.fault("structVersion", "its value is not known; 0 and 1 are")),
        };
        let fmc = match (has_fmc, certificate.extension(FMC_SPL)) {
            (true, _) => Some(it.number(FMC_SPL, "fmcSPL")?),
            (false, None) => None,
            (false, Some(_)) => return Err(it.fault("fmcSPL", "structure version 0 has none")),
        };
        let tcb = SnpTcb {
            fmc,
            boot_loader: it.number(BL_SPL, "blSPL")?,
            tee: it.number(TEE_SPL, "teeSPL")?,
            snp: it.number(SNP_SPL, "snpSPL")?,
            microcode: it.number(UCODE_SPL, "ucodeSPL")?,
        };
        Ok(Self { product_name: it.text(PRODUCT_NAME, "productName")?, tcb, owner: it.owner(has_fmc)? })
    }
}

struct Reader<'a> {
    certificate: &'a Certificate,
    key: SnpKey,
}

impl Reader<'_> {
    /// A VCEK has a chip and no provider, a VLEK the other way round.
    fn owner(&self, is_turin: bool) -> Result<Owner, SnpFault> {
        let (absent, name) = match self.key {
            SnpKey::Vcek => (CSP_ID, "cspID"),
            SnpKey::Vlek => (HW_ID, "hwID"),
        };
        if self.certificate.extension(absent).is_some() {
            return Err(self.fault(name, "it belongs to a key of the other kind"));
        }
        match self.key {
            SnpKey::Vlek => self.text(CSP_ID, "cspID").map(Owner::Provider),
            SnpKey::Vcek => {
                let len = if is_turin { TURIN_HW_ID_LEN } else { HW_ID_LEN };
                let content = self.content(HW_ID, "hwID")?;
                // AMD's service writes the bytes bare; its specification has them in an OCTET STRING.
                let wrapped = content.strip_prefix(&[0x04, len.to_le_bytes()[0]]).unwrap_or_default();
                match [content, wrapped].into_iter().find(|it| it.len() == len) {
                    Some(chip) => Ok(Owner::Chip(chip.to_vec())),
                    None => Err(self.fault("hwID", "it has another length than the product's chip IDs")),
                }
            }
        }
    }

    fn number(&self, oid: ObjectIdentifier, name: &'static str) -> Result<u8, SnpFault> {
        let content = self.content(oid, name)?;
        u8::from_der(content).map_err(|_| self.fault(name, "it is not an INTEGER of one byte"))
    }

    fn text(&self, oid: ObjectIdentifier, name: &'static str) -> Result<String, SnpFault> {
        let content = self.content(oid, name)?;
        let text = Ia5StringRef::from_der(content).map_err(|_| self.fault(name, "it is not an IA5String"))?;
        Ok(text.as_str().to_owned())
    }

    fn content(&self, oid: ObjectIdentifier, name: &'static str) -> Result<&[u8], SnpFault> {
        self.certificate.extension(oid).ok_or_else(|| self.fault(name, "it is missing"))
    }

    fn fault(&self, name: &'static str, what: &'static str) -> SnpFault {
        SnpFault::Extension { key: self.key, name, what }
    }
}
