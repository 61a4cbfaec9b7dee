//! What happens to a world, drawn from a seed: the same in every run, so that what one process counts
//! another can name.

use casemate_world::{
    Agent, Balance, Config, CpuId, DeviceInterrupt, Event, Goal, Order, Priority, ProperCpu, Resume, State,
    SwitchBack, Tick,
};
use casemate_world_model::{Happening, Scene, Setting, What};

use crate::random::Random;

/// An event, and all that it happens to.
pub(super) struct Situation {
    pub(super) state: State,
    pub(super) config: Config,
    pub(super) cpu: CpuId,
    pub(super) event: Event,
}

/// Designs that are walked through: ours, and those that the documents of others describe.
pub(super) fn designs() -> [(&'static str, Config); 4] {
    let default = Config::new(4);
    let as_op_tee = Config {
        scheduling_call: false,
        agent: Agent::Caller,
        order: Order::Fifo,
        device: DeviceInterrupt::WhereItLands,
        proper_cpu: ProperCpu::Own,
        balance: Balance::None,
        tick: Tick::None,
        resume: Resume::NextCall,
        switch_back: SwitchBack::Dispatcher,
        idle_hand_over: false,
        tee_waits: None,
        ree_waits: None,
        priority: Priority::TeeOverRee,
        ..default
    };
    let one = Config { goal: Goal::One, agent: Agent::One, ..default };
    let tee_first = Config { priority: Priority::TeeOverRee, order: Order::Deadline, ..default };
    [("default", default), ("as OP-TEE", as_op_tee), ("goal 1", one), ("TEE first, deadlines", tee_first)]
}

/// A walk under a design. Everything that can happen next is as likely, and the REE always has more requests.
pub(super) struct Walk {
    setting: Setting,
    scene: Scene,
    random: Random,
    possible: Vec<Happening>,
}

impl Walk {
    /// Its beginning: two services, devices, and interrupts at any time.
    pub(super) fn new(config: Config) -> Self {
        let setting = Setting { services: 2, ..Setting::new(config, u8::MAX) };
        let scene = setting.begin().expect("the designs make sense");
        Self { setting, scene, random: Random::new(1), possible: Vec::new() }
    }
}

impl Iterator for Walk {
    type Item = Situation;

    fn next(&mut self) -> Option<Situation> {
        loop {
            if self.scene.left == 0 {
                self.scene = self.setting.begin().ok()?;
            }
            self.possible.clear();
            self.setting.happenings(&self.scene, &mut self.possible);
            let happening = *self.possible.get(self.random.below(self.possible.len()))?;
            let next = self.setting.follow(&self.scene, happening);
            let before = std::mem::replace(&mut self.scene, next);
            let Happening { cpu, what } = happening;
            // Of time that goes by without an event the design is not told.
            if let What::Event(event) = what {
                return Some(Situation { state: before.state, config: self.setting.config, cpu, event });
            }
        }
    }
}
