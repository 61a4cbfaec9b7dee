//! Checks a design of two worlds on one CPU in every order in which things can happen.
//!
//! [`Setting`] says what there is, [`Scene`] what is the case, [`LAWS`] what must always hold. The search is
//! stateright's, breadth first: what it finds is a shortest way there.

#![forbid(unsafe_code)]

mod law;
mod scene;
mod verdict;

use stateright::{Model, Property};

pub use law::{LAWS, Law};
pub use scene::{Fault, Happening, Scene, Setting};
pub use verdict::{Broken, Until, Verdict, search};

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
        vec![
            Property::always(LAWS[0].name, |setting, scene| (LAWS[0].holds)(setting, scene)),
            Property::always(LAWS[1].name, |setting, scene| (LAWS[1].holds)(setting, scene)),
            Property::always(LAWS[2].name, |setting, scene| (LAWS[2].holds)(setting, scene)),
            Property::always(LAWS[3].name, |setting, scene| (LAWS[3].holds)(setting, scene)),
            Property::always(LAWS[4].name, |setting, scene| (LAWS[4].holds)(setting, scene)),
            Property::always(LAWS[5].name, |setting, scene| (LAWS[5].holds)(setting, scene)),
            Property::always(LAWS[6].name, |setting, scene| (LAWS[6].holds)(setting, scene)),
            Property::always(LAWS[7].name, |setting, scene| (LAWS[7].holds)(setting, scene)),
            Property::always(LAWS[8].name, |setting, scene| (LAWS[8].holds)(setting, scene)),
            Property::always(LAWS[9].name, |setting, scene| (LAWS[9].holds)(setting, scene)),
            Property::always(LAWS[10].name, |setting, scene| (LAWS[10].holds)(setting, scene)),
            Property::always(LAWS[11].name, |setting, scene| (LAWS[11].holds)(setting, scene)),
            Property::always(LAWS[12].name, |setting, scene| (LAWS[12].holds)(setting, scene)),
            Property::always(LAWS[13].name, |setting, scene| (LAWS[13].holds)(setting, scene)),
            Property::always(LAWS[14].name, |setting, scene| (LAWS[14].holds)(setting, scene)),
            Property::always(LAWS[15].name, |setting, scene| (LAWS[15].holds)(setting, scene)),
            Property::sometimes(ANSWERS_ALL, |setting: &Self, scene: &Scene| {
                scene.left == 0 && scene.pending == 0 && setting.requests > 0
            }),
        ]
    }
}
