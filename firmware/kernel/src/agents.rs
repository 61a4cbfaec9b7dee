//! Agents behind a driver that knows of none: whoever calls is the agent of the CPU on which it calls, and may be moved
//! to another before it comes back.

use casemate_world::{Agent, CpuId, Event, Phase, ThreadId, World};

use crate::here::Here;
use crate::kernel::Kernel;
use crate::leaving;

impl Kernel {
    /// The request that the agent of this CPU sees through. `None`: the design has no agents.
    pub(crate) fn agent_of(&self, cpu: CpuId) -> Option<Option<ThreadId>> {
        match self.config.agent {
            Agent::Caller => None,
            Agent::One => Some(CpuId::new(0).and_then(|first| self.state.cpu(first).agent())),
            Agent::EachCpu => Some(self.state.cpu(cpu).agent()),
        }
    }

    /// Whether a call here can have an agent.
    #[inline(always)]
    pub(crate) fn an_agent_is_free(&self, cpu: CpuId) -> bool {
        self.agent_of(cpu).is_none_or(|agent| agent.is_none())
    }

    /// Whoever asked for this request is not on its agent's CPU any more: he waits until that has fetched the answer.
    pub(crate) fn is_fetched_elsewhere(&mut self, thread: ThreadId) -> [u64; 4] {
        self.moved.insert(thread);
        if self.state.thread(thread).phase() == Phase::Done {
            self.call_agents();
        }
        leaving::wait(self, thread)
    }

    /// Fetches answers here for callers who have moved away.
    pub(crate) fn fetch_for_others(&mut self, here: &mut Here) {
        while self.state.cpu(here.cpu).world() == World::Ree
            && let Some(Some(thread)) = self.agent_of(here.cpu)
            && self.moved.contains(thread)
            && self.state.thread(thread).phase() == Phase::Done
        {
            let handle = self.handle(thread);
            self.moved.remove(thread);
            let waits = self.notifications.waits(thread);
            self.happens(here, Event::Issue);
            self.fetched[thread.index()] = Some(handle);
            if waits {
                self.notifications.tell([thread].into_iter().collect());
            }
        }
    }

    /// Whether the request of this handle was fetched so; it is once.
    pub(crate) fn was_fetched(&mut self, handle: u64) -> bool {
        self.fetched.iter_mut().any(|it| it.take_if(|it| *it == handle).is_some())
    }
}
