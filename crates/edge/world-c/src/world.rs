//! A design and what is known under it, together, so that neither is ever used with another's.

use casemate_world as world;
use casemate_world::{CpuId, State, ThreadId};

use crate::choice::Kind;
use crate::outcome::number_of;
use crate::{Config, CpuView, Event, Outcome, Reason, Request, Status, ThreadView};

/// A design that makes sense, and the state of its CPUs and threads.
pub(crate) struct Decider {
    design: world::Config,
    state: State,
}

impl Decider {
    /// Under a design: all its CPUs are on and in the REE, and there are no threads.
    pub(crate) fn new(config: &Config) -> Result<Self, Reason> {
        let design = config.design()?;
        let state = State::new(&design)?;
        Ok(Self { design, state })
    }

    /// Something happens on a CPU.
    pub(crate) fn step(&mut self, cpu: u8, event: &Event) -> Result<Outcome, Status> {
        let cpu = self.cpu_of_design(cpu)?;
        let event = event.meant()?;
        Ok(Outcome::from(&world::step(&mut self.state, &self.design, cpu, event)))
    }

    /// Adds a service or a periodic task; answers its number.
    pub(crate) fn spawn(&mut self, kind: u8, request: &Request) -> Result<u8, Status> {
        let kind = match kind {
            _ if kind == Kind::Service as u8 => world::Kind::Service,
            _ if kind == Kind::Periodic as u8 => world::Kind::Periodic,
            _ => return Err(Status::NoSuchValue),
        };
        let thread = self.state.spawn(kind, &request.meant()?, &self.design).ok_or(Status::Full)?;
        Ok(number_of(Some(thread)))
    }

    /// What is known of a CPU.
    pub(crate) fn cpu(&self, cpu: u8) -> Result<CpuView, Status> {
        let cpu = self.cpu_of_design(cpu)?;
        Ok(CpuView::from(self.state.cpu(cpu)))
    }

    /// What is known of a thread.
    pub(crate) fn thread(&self, thread: u8) -> Result<ThreadView, Status> {
        let thread = ThreadId::new(usize::from(thread)).ok_or(Status::NoSuchThread)?;
        Ok(ThreadView::from(self.state.thread(thread)))
    }

    fn cpu_of_design(&self, cpu: u8) -> Result<CpuId, Status> {
        if cpu >= self.design.cpus {
            return Err(Status::NoSuchCpu);
        }
        CpuId::new(usize::from(cpu)).ok_or(Status::NoSuchCpu)
    }
}
