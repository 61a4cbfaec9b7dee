//! Designs, and numbers in words.

use core::ffi::c_char;

use casemate_world as core_world;

use super::pointer::{Place, read};
use crate::{CASEMATE_WORLD_ABI, Config, Reason, Status, text};

/// The version of the interface that was linked. Compare it with `CASEMATE_WORLD_ABI` of the header once.
#[unsafe(no_mangle)]
pub extern "C" fn casemate_world_abi() -> u32 {
    CASEMATE_WORLD_ABI
}

/// The default design for so many CPUs of one kind. `SENSELESS` for no CPU or too many.
///
/// # Safety
///
/// `config` is null, misaligned, or a structure that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_config_default(config: *mut Config, cpus: u8) -> Status {
    let told = || {
        // SAFETY: by this function's contract.
        let config = unsafe { Place::at(config) }?;
        let design = core_world::Config::new(cpus);
        design.validate().map_err(|_| Status::Senseless)?;
        config.tell(Config::from(&design));
        Ok(())
    };
    told().into()
}

/// Whether a design makes sense. `reason` is told where it is not null: `REASON_NONE`, or the first reason
/// why not.
///
/// # Safety
///
/// `config` is null, misaligned, or a structure that may be read; `reason` likewise one that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn casemate_world_config_validate(
    config: *const Config,
    reason: *mut Reason,
) -> Status {
    let checked = || {
        // SAFETY: by this function's contract.
        let (config, reason) = unsafe { (read(config)?, Why::at(reason)?) };
        reason.of(config.sensible().map(drop))
    };
    checked().into()
}

/// A reason in words, which stay where they are.
#[unsafe(no_mangle)]
pub extern "C" fn casemate_world_reason_text(reason: u8) -> *const c_char {
    text::of_reason(reason).as_ptr()
}

/// A status in words, which stay where they are.
#[unsafe(no_mangle)]
pub extern "C" fn casemate_world_status_text(status: i32) -> *const c_char {
    text::of_status(status).as_ptr()
}

/// Where a reason is told, if anybody wants to know it.
pub(super) struct Why(Option<Place<Reason>>);

impl Why {
    /// The place at a pointer; null is for whoever does not want to know.
    ///
    /// # Safety
    ///
    /// As of [`Place::at`].
    pub(super) unsafe fn at(at: *mut Reason) -> Result<Self, Status> {
        if at.is_null() {
            return Ok(Self(None));
        }
        // SAFETY: by this function's contract.
        unsafe { Place::at(at) }.map(|place| Self(Some(place)))
    }

    /// Tells it.
    pub(super) fn of<T>(self, result: Result<T, Reason>) -> Result<T, Status> {
        let reason = result.as_ref().err().copied().unwrap_or(Reason::None);
        if let Some(place) = self.0 {
            place.tell(reason);
        }
        result.map_err(|_| Status::Senseless)
    }
}
