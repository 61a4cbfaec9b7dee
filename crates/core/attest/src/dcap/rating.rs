//! The match of a platform's security versions with Intel's levels.
//!
//! Source: Intel SGX and TDX DCAP Quote Verification Library, API reference 4.1.2.5, and its
//! implementation, whose convergence of statuses this follows:
//!
//! - Of the platform the first level counts all of whose components it reaches. TEE_TCB_SVN's bytes 0
//!   and 1 are skipped where byte 1 is not zero: they are then the TDX module's own version, which its
//!   module identity rates.
//! - OutOfDate of the quoting enclave or the TDX module makes UpToDate and SWHardeningNeeded OutOfDate,
//!   and what needs configuration OutOfDateConfigurationNeeded. Revoked makes everything Revoked.
//! - Where TDX 1.5 says what the platform has now (TEE_TCB_SVN2), and that is in order where what it had at
//!   launch is out of date, relaunching the trust domain is advised. Revoked now is Revoked.
//!
//! Where any of them matches no level, the platform has none.

use std::sync::Arc;

use casemate_model::Timestamp;

use super::collateral::Signed;
use super::qe_identity::{QeIdentity, masked};
use super::svns::{Svns, TdxFacts};
use super::tcb_info::{Module, SvnLevel, TcbInfo, Worth};
use super::{DcapFault, PlatformFlags, Tcb, TcbStatus};
use crate::Fault;
use crate::window::Window;

/// What security versions are worth. Advisories are shared with the collateral.
#[derive(Clone, Debug)]
pub struct Rating {
    /// Of platform, quoting enclave and TDX module together.
    pub status: TcbStatus,
    /// When the oldest of the matching levels was the newest; `None` where none matches.
    pub tcb_date: Option<Timestamp>,
    /// The lower of TCB Info's and QE Identity's.
    pub evaluation_number: u32,
    /// When every document and list in use is valid.
    pub window: Window,
    /// Revocations, and a quoting enclave or TDX module that is not Intel's.
    pub faults: Vec<Fault>,
    fmspc: [u8; 6],
    advisories: [Option<Arc<[String]>>; 3],
}

impl Rating {
    /// The advisories that apply. One may occur more than once.
    pub fn advisories(&self) -> impl Iterator<Item = &str> {
        self.advisories.iter().flatten().flat_map(|it| it.iter()).map(String::as_str)
    }

    /// The same as claims have it.
    #[must_use]
    pub fn tcb(&self, flags: PlatformFlags) -> Tcb {
        Tcb {
            status: self.status,
            advisories: self.advisories().map(str::to_owned).collect(),
            fmspc: self.fmspc,
            evaluation_number: self.evaluation_number,
            tcb_date: self.tcb_date,
            flags,
        }
    }
}

/// The levels that match.
#[derive(Clone, Copy)]
struct Matched<'a> {
    platform: &'a Worth,
    module: Option<&'a Worth>,
}

impl Matched<'_> {
    fn status(&self, qe: &Worth) -> TcbStatus {
        let components = [Some(qe), self.module].into_iter().flatten();
        components.fold(self.platform.status, |status, component| converge(status, component.status))
    }
}

pub(super) fn rate(svns: &Svns, info: &Signed<TcbInfo>, identity: &Signed<QeIdentity>) -> Rating {
    let mut faults = Vec::new();
    let mut differs = |fault: DcapFault| faults.push(Fault::Dcap(fault));
    if let Some(field) = identity.document.difference(&svns.qe) {
        differs(DcapFault::QeIdentity { field });
    }
    if let Some(field) = svns.tdx.as_ref().and_then(|tdx| module_difference(&info.document, tdx)) {
        differs(DcapFault::TdxModule { field });
    }
    let mut rating = Rating {
        status: TcbStatus::NoMatchingLevel,
        tcb_date: None,
        evaluation_number: info.evaluation_number.min(identity.evaluation_number),
        window: Window::ALWAYS,
        faults,
        fmspc: svns.fmspc,
        advisories: [None, None, None],
    };
    let qe = reached(&identity.document.levels, svns.qe.isv_svn);
    let at_launch = matching(&info.document, svns, svns.tdx.as_ref().map(|it| &it.tee_tcb_svn));
    let (Some(qe), Some(at_launch)) = (qe, at_launch) else { return rating };
    let mut status = at_launch.status(qe);
    if let Some(svn2) = svns.tdx.as_ref().and_then(|it| it.tee_tcb_svn2.as_ref()) {
        let Some(now) = matching(&info.document, svns, Some(svn2)) else { return rating };
        status = relaunch(status, now.status(qe));
    }
    let dates = [Some(at_launch.platform), Some(qe), at_launch.module].into_iter().flatten();
    rating.status = status;
    rating.tcb_date = dates.map(|it| it.date).min();
    rating.advisories = [
        Some(Arc::clone(&at_launch.platform.advisories)),
        Some(Arc::clone(&qe.advisories)),
        at_launch.module.map(|it| Arc::clone(&it.advisories)),
    ];
    rating
}

/// The first level reached, and that of the TDX module where it has a version of its own.
fn matching<'a>(info: &'a TcbInfo, svns: &Svns, tdx: Option<&[u8; 16]>) -> Option<Matched<'a>> {
    let version = tdx.map_or(0, |it| it[1]);
    let own = if version > 0 { 2 } else { 0 };
    let level = info.levels.iter().find(|level| {
        at_least(&svns.cpu_svn, &level.sgx)
            && svns.pce_svn >= level.pce_svn
            && tdx.is_none_or(|it| at_least(&it[own..], &level.tdx[own..]))
    })?;
    let module = match tdx {
        Some(tdx) if version > 0 => Some(reached(&module_of(info, version)?.levels, u16::from(tdx[0]))?),
        _ => None,
    };
    Some(Matched { platform: &level.worth, module })
}

fn at_least(found: &[u8], needed: &[u8]) -> bool {
    found.iter().zip(needed).all(|(found, needed)| found >= needed)
}

fn reached(levels: &[SvnLevel], svn: u16) -> Option<&Worth> {
    levels.iter().find(|level| svn >= level.isv_svn).map(|level| &level.worth)
}

fn module_of(info: &TcbInfo, version: u8) -> Option<&Module> {
    if version == 0 {
        return info.module.as_ref();
    }
    info.modules.iter().find(|(it, _)| *it == version).map(|(_, module)| module)
}

/// The first field in which the TDX module differs from its identity. One that has none has no level.
fn module_difference(info: &TcbInfo, tdx: &TdxFacts) -> Option<&'static str> {
    let module = module_of(info, tdx.tee_tcb_svn[1])?;
    if tdx.mr_signer_seam != module.mr_signer {
        Some("MRSIGNERSEAM")
    } else if masked(tdx.seam_attributes, module.mask) != module.attributes {
        Some("SEAMATTRIBUTES")
    } else {
        None
    }
}

/// A platform's status with that of something on it.
fn converge(platform: TcbStatus, component: TcbStatus) -> TcbStatus {
    use TcbStatus::{
        ConfigurationAndSwHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded,
        Revoked, SwHardeningNeeded, UpToDate,
    };
    match (component, platform) {
        (Revoked, _) => Revoked,
        (OutOfDate, UpToDate | SwHardeningNeeded) => OutOfDate,
        (OutOfDate, ConfigurationNeeded | ConfigurationAndSwHardeningNeeded) => OutOfDateConfigurationNeeded,
        (_, platform) => platform,
    }
}

/// The status at a trust domain's launch with that of now.
fn relaunch(launch: TcbStatus, now: TcbStatus) -> TcbStatus {
    use TcbStatus::{
        ConfigurationAndSwHardeningNeeded, ConfigurationNeeded, OutOfDate, OutOfDateConfigurationNeeded,
        Revoked, SwHardeningNeeded, TdRelaunchAdvised, TdRelaunchAdvisedConfigurationNeeded, UpToDate,
    };
    match (launch, now) {
        (_, Revoked) => Revoked,
        (OutOfDate, UpToDate | SwHardeningNeeded) => TdRelaunchAdvised,
        (OutOfDate, ConfigurationNeeded | ConfigurationAndSwHardeningNeeded)
        | (
            OutOfDateConfigurationNeeded,
            UpToDate | SwHardeningNeeded | ConfigurationNeeded | ConfigurationAndSwHardeningNeeded,
        ) => TdRelaunchAdvisedConfigurationNeeded,
        (launch, _) => launch,
    }
}
