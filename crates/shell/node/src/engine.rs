//! Compiles WASI programs for the pool of encrypted memory.
//!
//! One wasmtime engine serves a node. Every linear memory it makes lives in the
//! pool; programs are interrupted by epochs; what a program may import is WASI
//! preview 1 and nothing else.

use std::sync::Arc;

use casemate_model::Bytes;
use thiserror::Error;
use wasmtime::{Config, InstancePre, Linker, Module};

use crate::guest::Guest;
use crate::image::Image;
use crate::memories::EXCEPTION_HEAP_BYTES;
use crate::pager::SLOT_GUARD;
use crate::sys::linear_memory::PoolMemoryCreator;

/// Bytes of stack a program's own calls may use; the host's share of the same
/// stack comes on top.
const WASM_STACK_BYTES: usize = 1024 * 1024;
const HOST_STACK_BYTES: usize = 1024 * 1024;

/// What a module counts its memory in.
const WASM_PAGE_BYTES: u64 = 64 * 1024;

/// The module every WASI preview 1 import comes from.
const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// A node's compiler and the host functions its programs may call.
pub struct Engine {
    wasm: wasmtime::Engine,
    linker: Linker<Guest>,
}

/// A program that compiled, imports only WASI and can be started.
#[derive(Clone)]
pub struct Program {
    image: String,
    pre: InstancePre<Guest>,
}

/// Why a WebAssembly module cannot run in an enclave. The image author's to mend.
#[derive(Debug, Error)]
pub enum ProgramError {
    /// The module does not validate, or uses what this node does not offer.
    #[error("image {image}: does not compile: {reason}")]
    Invalid {
        /// Where the image is.
        image: String,
        /// What the compiler said.
        reason: String,
    },
    /// The module wants something from the host that WASI does not have.
    #[error(
        "image {image}: imports `{module}::{name}`, which no enclave offers; only WASI preview 1 \
         (`{WASI_MODULE}`) may be imported"
    )]
    NotWasi {
        /// Where the image is.
        image: String,
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// The module is a library: it has no entry point.
    #[error("image {image}: exports no function `_start`; it is a library, not a WASI command")]
    NoStart {
        /// Where the image is.
        image: String,
    },
    /// Its initial memory alone is more than it may have.
    #[error(
        "image {image}: starts with {minimum} of memory, more than the enclave's limit of {limit}; \
         raise the limit of the container's encrypted memory"
    )]
    MemoryAboveLimit {
        /// Where the image is.
        image: String,
        /// The module's minimum.
        minimum: Bytes,
        /// The container's limit.
        limit: Bytes,
    },
}

impl Engine {
    /// An engine whose linear memories live in pools of encrypted memory.
    ///
    /// # Errors
    ///
    /// What wasmtime says where this machine cannot run it.
    pub fn new() -> wasmtime::Result<Self> {
        let mut config = pooled_config();
        config.with_host_memory(Arc::new(PoolMemoryCreator));
        let wasm = wasmtime::Engine::new(&config)?;
        let mut linker = Linker::new(&wasm);
        wasmtime_wasi::p1::add_to_linker_async(&mut linker, Guest::wasi)?;
        Ok(Self { wasm, linker })
    }

    /// Compiles `image`.
    ///
    /// # Errors
    ///
    /// [`ProgramError`], which names the image and the cause.
    pub fn compile(&self, image: &Image) -> Result<Program, ProgramError> {
        let name = || image.path().display().to_string();
        let invalid =
            |error: wasmtime::Error| ProgramError::Invalid { image: name(), reason: format!("{error:#}") };
        let module = Module::new(&self.wasm, image.wasm()).map_err(invalid)?;
        if let Some(import) = module.imports().find(|import| import.module() != WASI_MODULE) {
            let (module, import) = (import.module().to_owned(), import.name().to_owned());
            return Err(ProgramError::NotWasi { image: name(), module, name: import });
        }
        let starts = module.get_export("_start").is_some_and(|start| {
            start.func().is_some_and(|ty| ty.params().len() == 0 && ty.results().len() == 0)
        });
        if !starts {
            return Err(ProgramError::NoStart { image: name() });
        }
        let pre = self.linker.instantiate_pre(&module).map_err(invalid)?;
        Ok(Program { image: name(), pre })
    }

    /// Ends the current epoch: every running program looks at its slice.
    pub(crate) fn tick(&self) {
        self.wasm.increment_epoch();
    }
}

impl Program {
    /// Whether the program can start with at most `limit` bytes of linear memory.
    ///
    /// # Errors
    ///
    /// [`ProgramError::MemoryAboveLimit`].
    pub fn check_fits(&self, limit: Bytes) -> Result<(), ProgramError> {
        let minimum = self.pre.module().resources_required().max_initial_memory_size;
        match minimum.map(|pages| Bytes(pages.saturating_mul(WASM_PAGE_BYTES))) {
            Some(minimum) if minimum > limit => {
                Err(ProgramError::MemoryAboveLimit { image: self.image.clone(), minimum, limit })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn pre(&self) -> &InstancePre<Guest> {
        &self.pre
    }
}

/// What every engine here has in common, whether its memories are pooled or not:
/// the peer that benchmarks compare with must differ in the pool alone.
#[must_use]
pub fn base_config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .wasm_exceptions(true)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        .memory_reservation(1 << 32)
        .memory_guard_size(SLOT_GUARD.0)
        .memory_may_move(false)
        .gc_heap_reservation(EXCEPTION_HEAP_BYTES.0)
        .gc_heap_guard_size(SLOT_GUARD.0)
        .gc_heap_may_move(false);
    config
}

fn pooled_config() -> Config {
    let mut config = base_config();
    // Copy-on-write images map a file over the memory, past the pool.
    config.memory_init_cow(false);
    config
}
