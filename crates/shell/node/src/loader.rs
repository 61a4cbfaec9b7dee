//! Builds enclaves beside the ones that run: measures, compiles, reserves memory.
//!
//! Compiling a large program takes seconds to minutes, so a few threads do it and
//! report back; the node goes on meanwhile. Containers of one image share its
//! compiled program.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use casemate_model::{Bytes, EnclaveId, Measurement};

use crate::engine::{Engine, Program};
use crate::image::Image;
use crate::memories::Memories;
use crate::notice::Notice;
use crate::pager::Pool;

/// What to build.
pub(crate) struct Order {
    pub(crate) id: EnclaveId,
    pub(crate) image: Arc<Image>,
    pub(crate) limit: Bytes,
    pub(crate) guaranteed: Bytes,
}

/// An enclave built and not yet attested.
pub(crate) struct Loaded {
    pub(crate) measurement: Measurement,
    pub(crate) program: Program,
    pub(crate) memories: Arc<Memories>,
}

/// The threads that build. Dropping it lets them end after their present order.
pub(crate) struct Loader {
    orders: Sender<Order>,
    bench: Arc<Bench>,
}

struct Bench {
    engine: Arc<Engine>,
    pool: Arc<Pool>,
    /// By the image's address, which the `Arc` beside the program keeps from being reused.
    programs: Mutex<BTreeMap<usize, (Arc<Image>, Program)>>,
    is_closed: AtomicBool,
}

impl Loader {
    /// Starts `threads` threads, which report to `notices`.
    pub(crate) fn start(
        threads: u16,
        engine: Arc<Engine>,
        pool: Arc<Pool>,
        notices: Sender<Notice>,
    ) -> std::io::Result<Self> {
        let (orders, queue) = mpsc::channel::<Order>();
        let queue = Arc::new(Mutex::new(queue));
        let bench =
            Arc::new(Bench { engine, pool, programs: Mutex::default(), is_closed: AtomicBool::new(false) });
        for index in 0..threads {
            let (queue, bench, notices) = (Arc::clone(&queue), Arc::clone(&bench), notices.clone());
            thread::Builder::new().name(format!("casemate-load-{index}")).spawn(move || {
                while let Some(order) = take(&queue).filter(|_| !bench.is_closed()) {
                    let id = order.id;
                    // Nobody listens any more once the run was interrupted.
                    let _ = notices.send(Notice::Loaded(id, bench.build(&order)));
                }
            })?;
        }
        Ok(Self { orders, bench })
    }

    /// Has an enclave built; the answer is [`Notice::Loaded`].
    pub(crate) fn order(&self, order: Order) {
        // The threads end only after this sender does.
        let _ = self.orders.send(order);
    }

    /// The run ends: nothing is begun any more, and what is being compiled gets no memory.
    ///
    /// A compilation cannot be called off and may take minutes, so nobody waits for one: its thread
    /// ends with it, or with the process.
    pub(crate) fn close(&self) {
        self.bench.is_closed.store(true, Relaxed);
    }
}

fn take(queue: &Mutex<Receiver<Order>>) -> Option<Order> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Bench {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    fn build(&self, order: &Order) -> Result<Loaded, String> {
        let program = self.program(&order.image, order.limit)?;
        let measurement = order.image.measure(order.limit);
        if self.is_closed() {
            return Err("the run has ended".to_owned());
        }
        let memories = Memories::create(&self.pool, order.id, order.guaranteed, order.limit)
            .map_err(|error| error.to_string())?;
        Ok(Loaded { measurement, program, memories })
    }

    fn program(&self, image: &Arc<Image>, limit: Bytes) -> Result<Program, String> {
        let address = Arc::as_ptr(image) as usize;
        let known = {
            let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
            programs.get(&address).map(|(_, program)| program.clone())
        };
        let program = match known {
            Some(program) => program,
            None => {
                let program = self.engine.compile(image).map_err(|error| error.to_string())?;
                let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
                programs.insert(address, (Arc::clone(image), program.clone()));
                program
            }
        };
        program.check_fits(limit).map_err(|error| error.to_string())?;
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pager::PoolConfig;
    use casemate_model::Pages;
    use std::path::Path;

    #[test]
    fn once_closed_nothing_is_built() {
        let engine = Arc::new(Engine::new().unwrap());
        let pool = Pool::new(PoolConfig::new(Pages(64), 2)).unwrap();
        let (notices, told) = mpsc::channel();
        let loader = Loader::start(1, engine, pool, notices).unwrap();
        let image = Image::from_bytes(Path::new("a.wat"), br#"(module (func (export "_start")))"#.to_vec());
        let image = Arc::new(image.unwrap());
        let order = |index| {
            let (id, image) = (EnclaveId { index, generation: 0 }, Arc::clone(&image));
            loader.order(Order { id, image, limit: Bytes::mib(1), guaranteed: Bytes::ZERO });
        };
        order(0);
        assert!(matches!(told.recv(), Ok(Notice::Loaded(_, Ok(_)))));
        loader.close();
        order(1);
        drop(loader);
        assert!(told.recv().is_err(), "its thread ends without a word");
    }
}
