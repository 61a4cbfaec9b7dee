//! System registers by name (Arm ARM DDI 0487, D19), and those of the GIC's CPU interface by encoding
//! (Arm IHI 0069, 12.2).

/// Reads a system register.
#[macro_export]
macro_rules! read {
    ($register:literal) => {{
        let value: u64;
        // SAFETY: a system register is read; no memory is touched.
        unsafe {
            core::arch::asm!(concat!("mrs {}, ", $register), out(reg) value, options(nomem, nostack, preserves_flags));
        }
        value
    }};
}

/// Writes a system register. Memory accesses stay on their side of it.
#[macro_export]
macro_rules! write {
    ($register:literal, $value:expr) => {{
        let value: u64 = $value;
        // SAFETY: whoever writes it knows what it changes; memory is not touched by the write itself.
        unsafe {
            core::arch::asm!(concat!("msr ", $register, ", {}"), in(reg) value, options(nostack, preserves_flags));
        }
    }};
}
