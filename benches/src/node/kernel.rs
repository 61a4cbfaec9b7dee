//! One program in an enclave and in plain wasmtime, everything resident.
//!
//! The program times itself: what attestation, placement and compiling cost is not in it.
//! What is: the pool's memory under it, the worker and its turns, the interruptions. Its
//! fastest round counts, some thirty milliseconds with thirty ticks and three turns in them:
//! what else the machine did meanwhile is in the others.
//!
//! The peer has the configuration that enclaves are compiled under, an epoch clock of the
//! same period, and wasmtime's own memory in the place of the pool.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use casemate_manifest::{PolicyDocument, Source};
use casemate_model::{Bytes, Nanos};
use casemate_node::pager::MechanismChoice;
use casemate_node::{
    Clock, Image, ImageError, Node, NodeConfig, Renewal, Restarts, SoftwareTee, Workload, base_config,
    machine,
};
use casemate_report::Event;
use wasmtime::{Caller, Engine, Linker, Memory, Module, Store, UpdateDeadline};

const PROGRAM: &str = include_str!("kernel.wat");
const MANIFEST: &str = include_str!("kernel.yaml");
const WASI: &str = "wasi_snapshot_preview1";
/// As long as the node's own.
const TICK: Duration = Duration::from_millis(1);

/// What the program said of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Printed {
    /// Of everything it read.
    pub(crate) checksum: u64,
    /// Passes over its memory, a second, in its fastest round.
    pub(crate) passes_per_second: f64,
}

/// Passes in a round.
const PASSES: f64 = 4.0;

impl Printed {
    fn parse(output: &str) -> Result<Self, String> {
        let mut numbers = output.split_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(checksum)), Some(Ok(nanos))) if nanos > 0 => {
                Ok(Self { checksum, passes_per_second: PASSES * 1e9 / nanos as f64 })
            }
            _ => Err(format!("the program printed `{output}`")),
        }
    }
}

/// Runs it as a pod of a node with a pool of 64 MiB.
///
/// # Errors
///
/// In words, what went wrong.
pub(crate) fn in_enclave() -> Result<Printed, String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let clock = Clock::start();
    let tee = SoftwareTee::open(&directory.path().join("root"), clock.now());
    let tee = tee.map_err(|error| error.to_string())?;
    let policy = PolicyDocument::built_in().resolve(tee.fingerprint()).map_err(|error| error.to_string())?;
    let config = NodeConfig {
        name: machine::name(),
        identity: machine::identity().map_err(|error| error.to_string())?,
        epc: Bytes::mib(64),
        cpus: machine::cpus(),
        memory: machine::memory(),
        labels: Default::default(),
        taints: Vec::new(),
        paging: MechanismChoice::Auto,
        slice: Nanos::from_millis(10),
        renewal: Renewal::InTime,
        logs: directory.path().join("logs"),
        volumes: directory.path().join("volumes"),
        host_path_roots: Vec::new(),
        restarts: Restarts::default(),
        sampling: None,
        record_stays: false,
    };
    let node = Node::new(config, policy.policy, Box::new(tee)).map_err(|error| error.to_string())?;
    let report = node.run(vec![workload()?], &mut |_: Event| {}).map_err(|error| error.to_string())?;
    let [program] = report.workloads.as_slice() else { return Err("one pod became several".into()) };
    if !report.succeeded || program.page_outs != Some(0) {
        return Err(format!(
            "it ended as {:?} with {:?} pages out: {:?}",
            program.state, program.page_outs, program.reasons
        ));
    }
    let log = program.log.as_ref().ok_or("it has no log")?;
    Printed::parse(&std::fs::read_to_string(log).map_err(|error| format!("{log}: {error}"))?)
}

fn workload() -> Result<Workload, String> {
    let source = Source { name: "kernel.yaml".into(), text: MANIFEST.into() };
    let reading = casemate_manifest::read(&[source]);
    let pod = reading.workloads.into_iter().next().ok_or("the manifest holds no pod")?.pod;
    Ok(Workload { pod, images: vec![image().map(Arc::new).map_err(|error| error.to_string())] })
}

fn image() -> Result<Image, ImageError> {
    Image::from_bytes(Path::new("kernel.wat"), PROGRAM.into())
}

/// Runs it in wasmtime alone.
///
/// # Errors
///
/// In words, what went wrong.
pub(crate) fn in_wasmtime() -> Result<Printed, String> {
    let output = interrupted_run().map_err(|error| format!("{error:#}"))?;
    Printed::parse(&output)
}

fn interrupted_run() -> wasmtime::Result<String> {
    let engine = Engine::new(&base_config())?;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Relaxed) {
                thread::sleep(TICK);
                engine.increment_epoch();
            }
        });
        let output = plain_run(&engine);
        over.store(true, Relaxed);
        output
    })
}

fn plain_run(engine: &Engine) -> wasmtime::Result<String> {
    let mut store = Store::new(engine, Host { started: Instant::now(), output: String::new() });
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(1)));
    let module = Module::new(engine, image()?.wasm())?;
    let instance = host_functions(engine)?.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())?;
    Ok(store.into_data().output)
}

struct Host {
    started: Instant,
    output: String,
}

/// The two functions the program imports, in as few words as it needs of them.
fn host_functions(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(WASI, "clock_time_get", |mut caller: Caller<'_, Host>, _: i32, _: i64, to: u32| {
        let nanos = caller.data().started.elapsed().as_nanos() as u64;
        memory(&mut caller)?.write(&mut caller, to as usize, &nanos.to_le_bytes())?;
        wasmtime::Result::Ok(0)
    })?;
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut caller: Caller<'_, Host>, _: i32, iovec: u32, _: i32, _: u32| {
            let memory = memory(&mut caller)?;
            let word = |at: u32| -> wasmtime::Result<usize> {
                let mut bytes = [0; 4];
                memory.read(&caller, at as usize, &mut bytes)?;
                Ok(u32::from_le_bytes(bytes) as usize)
            };
            let (text, length) = (word(iovec)?, word(iovec + 4)?);
            let mut bytes = vec![0; length];
            memory.read(&caller, text, &mut bytes)?;
            caller.data_mut().output.push_str(&String::from_utf8_lossy(&bytes));
            wasmtime::Result::Ok(0)
        },
    )?;
    Ok(linker)
}

fn memory(caller: &mut Caller<'_, Host>) -> wasmtime::Result<Memory> {
    let memory = caller.get_export("memory").and_then(|export| export.into_memory());
    memory.ok_or_else(|| wasmtime::Error::msg("the program exports its memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_are_understood_and_anything_else_is_an_error() {
        let printed = Printed::parse("  17   2000000000\n").unwrap();
        assert_eq!(printed, Printed { checksum: 17, passes_per_second: 2.0 });
        for output in ["", "17\n", "17 0\n", "17 soon\n"] {
            assert!(Printed::parse(output).is_err(), "{output}");
        }
    }

    #[test]
    fn the_manifest_holds_one_pod_and_the_program_is_a_module() {
        let workload = workload().unwrap();
        assert_eq!(workload.pod.containers.len(), 1);
        assert!(workload.images[0].is_ok());
    }
}
