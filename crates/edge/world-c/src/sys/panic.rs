//! What the language asks for where there is no `std`.
//!
//! Nothing in the library panics. So that this is seen and not believed, a panic would call a function that
//! nobody defines: what could panic does not link.

unsafe extern "C" {
    /// Defined nowhere.
    fn casemate_world_panicked() -> !;
}

#[panic_handler]
fn never(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: there is no such function, hence no program in which this is called.
    unsafe { casemate_world_panicked() }
}
