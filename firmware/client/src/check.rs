//! Checks, and how many failed.

/// How many.
#[derive(Default)]
pub(crate) struct Checks {
    failed: usize,
}

impl Checks {
    /// Says how one went.
    pub(crate) fn add(&mut self, name: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => println!("casemate: ok {name}"),
            Err(why) => {
                self.failed += 1;
                println!("casemate: FAILED {name}: {why}");
            }
        }
    }

    /// How many failed.
    pub(crate) const fn failed(&self) -> usize {
        self.failed
    }
}
