//! What is demanded of an SGX enclave.

use std::collections::BTreeMap;

use casemate_attest::Claims;
use casemate_attest::claims::SgxBody;
use casemate_model::{Fingerprint, Measurement, ReportData};

use super::{Accept, Bits, Shown, TcbRules};
use crate::judge::Tally;

/// What is demanded of an SGX enclave: everything here has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SgxRules {
    /// Roots the evidence may chain to.
    pub roots: Accept<Fingerprint>,
    /// Intel's verdict on the platform.
    pub tcb: TcbRules,
    /// What the enclave is (MRENCLAVE).
    pub mr_enclave: Accept<Measurement>,
    /// Who signed it (MRSIGNER).
    pub mr_signer: Accept<Measurement>,
    /// The signer's products (ISVPRODID) and of each the lowest security version (ISVSVN). `None` is
    /// every product in every version.
    pub products: Option<BTreeMap<u16, u16>>,
    /// The family of products (ISVFAMILYID).
    pub family_id: Accept<[u8; 16]>,
    /// The product's extended number (ISVEXTPRODID).
    pub ext_prod_id: Accept<[u8; 16]>,
    /// What the enclave is configured with (CONFIGID).
    pub config_id: Accept<ReportData>,
    /// The lowest security version of the configuration (CONFIGSVN).
    pub min_config_svn: u16,
    /// Whether the host may debug the enclave.
    pub allow_debug: bool,
    /// Whether the enclave may have the provisioning key (PROVISION_KEY), which identifies the platform.
    pub allow_provision_key: bool,
    /// Attribute flags.
    pub attributes: Bits,
    /// Features of the processor's state (XFRM).
    pub xfrm: Bits,
    /// What else is saved (MISCSELECT).
    pub misc_select: Bits,
}

impl Default for SgxRules {
    /// On a platform whose TCB is current, and without debugging.
    fn default() -> Self {
        Self {
            roots: Accept::Any,
            tcb: TcbRules::default(),
            mr_enclave: Accept::Any,
            mr_signer: Accept::Any,
            products: None,
            family_id: Accept::Any,
            ext_prod_id: Accept::Any,
            config_id: Accept::Any,
            min_config_svn: 0,
            allow_debug: false,
            allow_provision_key: true,
            attributes: Bits::default(),
            xfrm: Bits::default(),
            misc_select: Bits::default(),
        }
    }
}

/// ATTRIBUTES.FLAGS.PROVISION_KEY (SDM vol. 3D, 35.7.1).
const PROVISION_KEY: u64 = 1 << 4;

impl SgxRules {
    pub(crate) fn judge(&self, claims: &Claims, body: &SgxBody, tally: &mut Tally<'_>) {
        tally.debug(body.debug(), self.allow_debug);
        self.tcb.judge(claims.tcb.as_ref(), tally);
        tally.reference(!self.mr_enclave.is_any() || !self.mr_signer.is_any());
        tally.one_of("mrEnclave", &self.mr_enclave, &body.mr_enclave);
        tally.one_of("mrSigner", &self.mr_signer, &body.mr_signer);
        if let Some(products) = &self.products {
            let is_good = products.get(&body.isv_prod_id).is_some_and(|min| body.isv_svn >= *min);
            let shown = |(product, svn): (&u16, &u16)| format!("{product} from {svn}");
            tally.demand(
                is_good,
                "products",
                || format!("{} in {}", body.isv_prod_id, body.isv_svn),
                || products.iter().map(shown).collect::<Vec<_>>().join(", "),
            );
        }
        tally.one_of("familyId", &self.family_id, &body.isv_family_id);
        tally.one_of("extProdId", &self.ext_prod_id, &body.isv_ext_prod_id);
        tally.one_of("configId", &self.config_id, &body.config_id);
        let (svn, min) = (body.config_svn, self.min_config_svn);
        tally.demand(svn >= min, "minConfigSvn", || svn.shown(), || format!("at least {min}"));
        let has_key = body.attribute_flags & PROVISION_KEY != 0;
        tally.allowed("allowProvisionKey", self.allow_provision_key, has_key);
        tally.bits("attributes", self.attributes, body.attribute_flags);
        tally.bits("xfrm", self.xfrm, body.xfrm);
        tally.bits("miscSelect", self.misc_select, u64::from(body.misc_select));
    }
}
