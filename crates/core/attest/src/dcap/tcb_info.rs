//! TCB Info: which security versions of a family of platforms are worth what, by Intel.
//!
//! Source: Intel SGX and TDX Provisioning Certification Service, API v4 (TCB Info version 3) and v3
//! (version 2, for SGX only). Unknown fields are ignored; a known one twice, a status or a TCB type that is
//! not known, or a missing field refuses the document.

use std::fmt;
use std::sync::Arc;

use casemate_model::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::json::{Hex, Instant};
use super::{TcbStatus, TeeType};

/// One document. Parsing verifies nothing.
#[derive(Clone, Debug)]
pub(super) struct TcbInfo {
    pub(super) tee: TeeType,
    pub(super) fmspc: [u8; 6],
    pub(super) pce_id: [u8; 2],
    pub(super) evaluation_number: u32,
    pub(super) issued: Timestamp,
    pub(super) next_update: Timestamp,
    /// Best first, as in the document.
    pub(super) levels: Vec<Level>,
    /// Of TDX modules before version 1.
    pub(super) module: Option<Module>,
    /// Of later ones, by their version.
    pub(super) modules: Vec<(u8, Module)>,
}

/// Least security versions, and what having them is worth.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) sgx: [u8; 16],
    /// Zero in documents for SGX.
    pub(super) tdx: [u8; 16],
    pub(super) pce_svn: u16,
    pub(super) worth: Worth,
}

/// What a level is worth.
#[derive(Clone, Debug)]
pub(super) struct Worth {
    pub(super) status: TcbStatus,
    /// When the level was the newest.
    pub(super) date: Timestamp,
    pub(super) advisories: Arc<[String]>,
}

/// A TDX module: who signed it, its attributes, and the worth of its security versions.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) mr_signer: [u8; 48],
    pub(super) attributes: [u8; 8],
    pub(super) mask: [u8; 8],
    pub(super) levels: Vec<SvnLevel>,
}

/// A least ISVSVN, and what having it is worth.
#[derive(Clone, Debug)]
pub(super) struct SvnLevel {
    pub(super) isv_svn: u16,
    pub(super) worth: Worth,
}

impl TcbInfo {
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let tee = match (document.version, document.id.as_deref()) {
            (2, None) | (3, Some("SGX")) => TeeType::Sgx,
            (3, Some("TDX")) => TeeType::Tdx,
            (version, id) => {
                let id = id.unwrap_or("none");
                return Err(format!("version {version} with id {id:.16} is not known"));
            }
        };
        if document.tcb_type != 0 {
            return Err(format!("TCB type {} is not known", document.tcb_type));
        }
        let levels: Result<Vec<_>, _> = document.tcb_levels.into_iter().map(|it| it.read(tee)).collect();
        let modules: Result<Vec<_>, _> =
            document.tdx_module_identities.unwrap_or_default().into_iter().map(ModuleJson::version).collect();
        if tee == TeeType::Tdx && document.tdx_module.is_none() {
            return Err("it has no tdxModule".into());
        }
        Ok(Self {
            tee,
            fmspc: document.fmspc.0,
            pce_id: document.pce_id.0,
            evaluation_number: document.tcb_evaluation_data_number,
            issued: document.issue_date.0,
            next_update: document.next_update.0,
            levels: levels?,
            module: document.tdx_module.map(ModuleJson::read).transpose()?,
            modules: modules?,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: Option<String>,
    version: u32,
    issue_date: Instant,
    next_update: Instant,
    fmspc: Hex<6>,
    pce_id: Hex<2>,
    tcb_type: u32,
    tcb_evaluation_data_number: u32,
    tdx_module: Option<ModuleJson>,
    tdx_module_identities: Option<Vec<ModuleJson>>,
    tcb_levels: Vec<LevelJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LevelJson {
    tcb: Svns,
    tcb_date: Instant,
    tcb_status: TcbStatus,
    #[serde(rename = "advisoryIDs", default)]
    advisory_ids: Vec<String>,
}

impl LevelJson {
    fn read(self, tee: TeeType) -> Result<Level, &'static str> {
        let tdx = match (tee, self.tcb.tdx) {
            (TeeType::Tdx, Some(tdx)) => tdx,
            (TeeType::Tdx, None) => return Err("a TCB level has no tdxtcbcomponents"),
            (TeeType::Sgx, _) => [0; 16],
        };
        let worth = worth(self.tcb_status, self.tcb_date, self.advisory_ids, &PLATFORM_STATUSES)?;
        Ok(Level { sgx: self.tcb.sgx, tdx, pce_svn: self.tcb.pce_svn, worth })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModuleJson {
    id: Option<String>,
    mrsigner: Hex<48>,
    attributes: Hex<8>,
    attributes_mask: Hex<8>,
    #[serde(default)]
    tcb_levels: Vec<SvnLevelJson>,
}

impl ModuleJson {
    fn read(self) -> Result<Module, &'static str> {
        let levels = read_svn_levels(self.tcb_levels, &MODULE_STATUSES)?;
        Ok(Module {
            mr_signer: self.mrsigner.0,
            attributes: self.attributes.0,
            mask: self.attributes_mask.0,
            levels,
        })
    }

    /// The version in its id, `TDX_` and two hex digits, and the rest.
    fn version(self) -> Result<(u8, Module), &'static str> {
        let digits = self.id.as_deref().and_then(|id| id.strip_prefix("TDX_")).filter(|it| it.len() == 2);
        let version = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        let version = version.ok_or("a tdxModuleIdentity's id is not TDX_ and two hex digits")?;
        self.read().map(|module| (version, module))
    }
}

/// A level that has an ISVSVN only: of a TDX module or a quoting enclave.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SvnLevelJson {
    tcb: IsvSvn,
    tcb_date: Instant,
    tcb_status: TcbStatus,
    #[serde(rename = "advisoryIDs", default)]
    advisory_ids: Vec<String>,
}

#[derive(Deserialize)]
struct IsvSvn {
    isvsvn: u16,
}

pub(super) fn read_svn_levels(
    levels: Vec<SvnLevelJson>,
    known: &[TcbStatus],
) -> Result<Vec<SvnLevel>, &'static str> {
    let read = |it: SvnLevelJson| {
        let worth = worth(it.tcb_status, it.tcb_date, it.advisory_ids, known)?;
        Ok(SvnLevel { isv_svn: it.tcb.isvsvn, worth })
    };
    levels.into_iter().map(read).collect()
}

/// Statuses a platform's level may have.
const PLATFORM_STATUSES: [TcbStatus; 7] = [
    TcbStatus::UpToDate,
    TcbStatus::SwHardeningNeeded,
    TcbStatus::ConfigurationNeeded,
    TcbStatus::ConfigurationAndSwHardeningNeeded,
    TcbStatus::OutOfDate,
    TcbStatus::OutOfDateConfigurationNeeded,
    TcbStatus::Revoked,
];
/// Statuses a TDX module's level may have.
const MODULE_STATUSES: [TcbStatus; 3] = [TcbStatus::UpToDate, TcbStatus::OutOfDate, TcbStatus::Revoked];

fn worth(
    status: TcbStatus,
    date: Instant,
    advisories: Vec<String>,
    known: &[TcbStatus],
) -> Result<Worth, &'static str> {
    if !known.contains(&status) {
        return Err("a level has a status that levels of its kind cannot have");
    }
    Ok(Worth { status, date: date.0, advisories: advisories.into() })
}

/// The security versions of a level: as arrays of objects (version 3) or as numbered fields (version 2).
struct Svns {
    sgx: [u8; 16],
    tdx: Option<[u8; 16]>,
    pce_svn: u16,
}

#[derive(Deserialize)]
struct Component {
    svn: u8,
}

impl<'de> Deserialize<'de> for Svns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SvnsVisitor)
    }
}

struct SvnsVisitor;

impl<'de> Visitor<'de> for SvnsVisitor {
    type Value = Svns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the security versions of a TCB level")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Svns, M::Error> {
        let mut sgx: [Option<u8>; 16] = [None; 16];
        let (mut tdx, mut pce_svn) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let is_first = match key.as_str() {
                "pcesvn" => pce_svn.replace(map.next_value()?).is_none(),
                "sgxtcbcomponents" => {
                    let components = map.next_value::<[Component; 16]>()?.map(|it| Some(it.svn));
                    std::mem::replace(&mut sgx, components) == [None; 16]
                }
                "tdxtcbcomponents" => {
                    tdx.replace(map.next_value::<[Component; 16]>()?.map(|it| it.svn)).is_none()
                }
                numbered => match numbered_component(numbered).and_then(|at| sgx.get_mut(at)) {
                    Some(component) => component.replace(map.next_value()?).is_none(),
                    None => map.next_value::<IgnoredAny>().map(|_| true)?,
                },
            };
            if !is_first {
                return Err(M::Error::custom("a security version is there twice"));
            }
        }
        let mut all = [0; 16];
        for (svn, found) in all.iter_mut().zip(sgx) {
            *svn = found.ok_or_else(|| M::Error::custom("a component has no security version"))?;
        }
        let pce_svn = pce_svn.ok_or_else(|| M::Error::missing_field("pcesvn"))?;
        Ok(Svns { sgx: all, tdx, pce_svn })
    }
}

/// 0 for `sgxtcbcomp01svn`, 15 for `sgxtcbcomp16svn`.
fn numbered_component(key: &str) -> Option<usize> {
    let digits = key.strip_prefix("sgxtcbcomp")?.strip_suffix("svn")?;
    let number: usize = digits.parse().ok().filter(|_| digits.len() == 2)?;
    number.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = r#""version":2,"issueDate":"2025-06-04T09:25:11Z","nextUpdate":"2025-07-04T09:25:11Z","fmspc":"00606a000000","pceId":"0000","tcbType":0,"tcbEvaluationDataNumber":17"#;

    fn svns() -> String {
        let components: Vec<_> = (1..=16).map(|nth| format!(r#""sgxtcbcomp{nth:02}svn":{nth}"#)).collect();
        format!(r#"{},"pcesvn":13"#, components.join(","))
    }

    fn document(head: &str, svns: &str, status: &str) -> Result<TcbInfo, String> {
        let level =
            format!(r#"{{"tcb":{{{svns}}},"tcbDate":"2024-03-13T00:00:00Z","tcbStatus":"{status}"}}"#);
        TcbInfo::parse(format!(r#"{{{head},"tcbLevels":[{level}]}}"#).as_bytes())
    }

    #[test]
    fn numbered_components_stand_in_their_place() {
        let info = document(HEAD, &svns(), "UpToDate").expect("a document");
        assert_eq!(info.levels[0].sgx, std::array::from_fn(|at| at as u8 + 1));
        assert_eq!((info.levels[0].pce_svn, info.tee), (13, TeeType::Sgx));
    }

    #[test]
    fn what_is_not_known_is_ignored_where_it_has_no_place() {
        let head = format!(r#"{HEAD},"new":[1,{{"deep":null}}]"#);
        let svns = format!(r#"{},"sgxtcbcomp17svn":1,"sgxtcbcomp1svn":9"#, svns());
        assert!(document(&head, &svns, "UpToDate").is_ok());
    }

    #[test]
    fn a_field_that_is_there_twice_refuses_the_document() {
        for again in [r#""fmspc":"00606a000001""#, r#""tcbEvaluationDataNumber":18"#] {
            assert!(document(&format!("{HEAD},{again}"), &svns(), "UpToDate").is_err(), "{again}");
        }
        for again in [r#""pcesvn":0"#, r#""sgxtcbcomp01svn":0"#] {
            assert!(document(HEAD, &format!("{},{again}", svns()), "UpToDate").is_err(), "{again}");
        }
    }

    #[test]
    fn what_is_missing_or_out_of_range_refuses_the_document() {
        for (from, to) in
            [("\"pcesvn\"", "\"other\""), ("comp16", "comp61"), ("\"pcesvn\":13", "\"pcesvn\":65536")]
        {
            assert!(document(HEAD, &svns().replacen(from, to, 1), "UpToDate").is_err(), "{to}");
        }
        assert!(document(&HEAD.replacen("tcbType\":0", "tcbType\":1", 1), &svns(), "UpToDate").is_err());
        assert!(document(&HEAD.replacen("version\":2", "version\":4", 1), &svns(), "UpToDate").is_err());
        for status in ["Fine", "uptodate", "NO_MATCHING_TCB_LEVEL", "TDRelaunchAdvised"] {
            assert!(document(HEAD, &svns(), status).is_err(), "{status}");
        }
    }

    #[test]
    fn deep_nesting_is_ignored_without_a_deep_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(document(&format!(r#"{HEAD},"new":{deep}"#), &svns(), "UpToDate").is_ok());
        assert!(document(&format!(r#"{HEAD},"id":{deep}"#), &svns(), "UpToDate").is_err());
    }
}
