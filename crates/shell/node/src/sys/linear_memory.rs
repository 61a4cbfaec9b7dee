//! Linear memories for wasmtime, made of a pool's pages.
//!
//! wasmtime compiles loads and stores without bounds checks against a layout it
//! was promised; these two implementations are that promise.

use std::sync::Arc;

use casemate_model::Bytes;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use crate::memories::{EXCEPTION_HEAP_BYTES, Memories, Purpose};
use crate::pager::{EnclaveMemory, SLOT_BYTES, SLOT_GUARD};

/// Gives wasmtime the memories of the enclave whose program this thread runs.
pub(crate) struct PoolMemoryCreator;

struct PoolMemory {
    memory: Arc<EnclaveMemory>,
}

// SAFETY: wasmtime requires `reserved` bytes of address space and `guard` bytes
// after it that are never mapped, zero-filled at first. A slot is SLOT_BYTES of
// address space of which only `[0, size)` is ever accessible, and the check below
// refuses a request that reservation and guard together would not fit.
unsafe impl MemoryCreator for PoolMemoryCreator {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let wanted = (reserved.unwrap_or(minimum) as u64).saturating_add(guard as u64);
        if wanted > SLOT_BYTES.0 || guard as u64 > SLOT_GUARD.0 {
            return Err(format!("a memory of {wanted} bytes does not fit a slot of {SLOT_BYTES}"));
        }
        // The engine promises its code different reservations for the two.
        let purpose = match reserved {
            Some(reserved) if reserved as u64 == EXCEPTION_HEAP_BYTES.0 => Purpose::Exceptions,
            _ => Purpose::Linear,
        };
        let memory = Memories::hand_out(purpose)
            .ok_or("the program asks for a second linear memory; an enclave has one")?;
        memory.grow(Bytes(minimum as u64)).map_err(|error| error.to_string())?;
        Ok(Box::new(PoolMemory { memory }))
    }
}

// SAFETY: the base never moves and `[base, base + byte_size)` stays readable and
// writable until the slot is destroyed, which happens only after the store that
// owns this value is dropped.
unsafe impl LinearMemory for PoolMemory {
    fn byte_size(&self) -> usize {
        self.memory.size().0 as usize
    }

    fn byte_capacity(&self) -> usize {
        self.memory.capacity().0 as usize
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        self.memory.grow(Bytes(new_size as u64)).map_err(wasmtime::Error::from)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.memory.base()
    }
}
