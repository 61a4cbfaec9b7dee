//! Checks a design of two worlds on one CPU in every order in which things can happen.
//!
//! [`Setting`] says what there is, [`Scene`] what is the case, [`Happening`] what can happen next, [`LAWS`] what must
//! always hold. The search is stateright's, breadth first: what it finds is a shortest way there, and
//! [`Setting::replay`] tells it moment by moment.

#![forbid(unsafe_code)]

mod clients;
mod designs;
mod happening;
mod law;
mod report;
mod scene;
mod setting;
mod timeline;
mod verdict;

use stateright::{Model, Property};

pub use clients::{Clients, Deed, Visit, Visits};
pub use designs::{designs, with_agents};
pub use happening::{Happening, What};
pub use law::{LAWS, Law};
pub use report::{Report, Step, Violation};
pub use scene::{Fault, Scene};
pub use setting::Setting;
pub use timeline::Moment;
pub use verdict::{Broken, Search, Sight, Until, Verdict, search};

use verdict::ANSWERS_ALL;

impl Model for Setting {
    type State = Scene;
    type Action = Happening;

    fn init_states(&self) -> Vec<Scene> {
        self.begin().into_iter().collect()
    }

    fn actions(&self, scene: &Scene, to: &mut Vec<Happening>) {
        self.happenings(scene, to);
    }

    fn next_state(&self, scene: &Scene, happening: Happening) -> Option<Scene> {
        Some(self.follow(scene, happening))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let laws = LAWS.iter().map(|law| Property::always(law.name, law.holds));
        let end =
            |setting: &Self, scene: &Scene| setting.requests > 0 && scene.left == 0 && scene.pending == 0;
        laws.chain([Property::sometimes(ANSWERS_ALL, end)]).collect()
    }
}
