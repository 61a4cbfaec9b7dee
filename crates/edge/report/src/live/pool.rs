//! The pool of encrypted memory in one line: what is guaranteed, what can be put out,
//! what is free.

use casemate_model::Pages;

use super::amount::size;
use super::bar::parts;
use super::line::Line;
use super::window::Window;
use crate::Sample;
use crate::style::Tone;

/// Frames of the pool by what keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolShares {
    /// Hold pages that stay.
    guaranteed: Pages,
    /// Hold pages that can be put out.
    movable: Pages,
    free: Pages,
    frames: Pages,
    /// Pages that are sealed outside it.
    sealed: Pages,
}

/// The longest bar.
const BAR_MAX: usize = 40;
/// The shortest bar that says anything.
const BAR_MIN: usize = 8;

impl PoolShares {
    pub(super) fn of(sample: &Sample) -> Self {
        let sum = |pages: fn(&crate::EnclaveSample) -> Pages| {
            Pages(sample.enclaves.iter().map(|it| pages(it).0).fold(0, u64::saturating_add))
        };
        let used = sample.frames.saturating_sub(sample.free);
        // Samples of a moment are taken one after the other: sums may disagree a little.
        let guaranteed = sum(|enclave| enclave.resident.min(enclave.guaranteed)).min(used);
        Self {
            guaranteed,
            movable: used.saturating_sub(guaranteed),
            free: sample.frames.saturating_sub(used),
            frames: sample.frames,
            sealed: sum(|enclave| enclave.total.saturating_sub(enclave.resident)),
        }
    }

    /// `EPC 64Mi █████▒▒▒░░  40Mi guaranteed · 20Mi pageable · 4Mi free · 100Mi sealed`.
    pub(super) fn line(&self, window: Window) -> Line {
        let columns = usize::from(window.columns);
        let mut head = Line::default();
        head.push(Tone::Plain, &format!("EPC {} ", size(self.frames)));
        let room = columns.saturating_sub(head.columns());
        for words in [self.words(4), self.words(3), self.sizes(), Words::default()] {
            let told = words.columns(window);
            let Some(bar) = room.checked_sub(told).filter(|bar| *bar >= BAR_MIN || words.0.is_empty()) else {
                continue;
            };
            let mut line = head;
            self.bar(&mut line, bar.min(BAR_MAX), window);
            words.push_to(&mut line, window);
            return line;
        }
        head
    }

    fn bar(&self, line: &mut Line, columns: usize, window: Window) {
        let amounts = [self.guaranteed.0, self.movable.0, self.free.0];
        let [guaranteed, movable, free] = parts(amounts, columns);
        let run = |glyph: char, count: usize| glyph.to_string().repeat(count);
        line.push(Tone::Good, &run(window.glyphs.kept(), guaranteed));
        line.push(Tone::Waiting, &run(window.glyphs.movable(), movable));
        line.push(Tone::Faint, &run(window.glyphs.empty(), free));
    }

    /// The first so many amounts, in words.
    fn words(&self, most: usize) -> Words {
        let mut words = vec![
            (Tone::Good, self.guaranteed, "guaranteed"),
            (Tone::Waiting, self.movable, "pageable"),
            (Tone::Plain, self.free, "free"),
        ];
        if self.sealed.0 > 0 {
            words.push((Tone::Faint, self.sealed, "sealed outside"));
        }
        let said = words.into_iter().take(most);
        Words(said.map(|(tone, pages, word)| (tone, format!("{} {word}", size(pages)))).collect())
    }

    /// The same three amounts, told by their colours and their order.
    fn sizes(&self) -> Words {
        let amounts =
            [(Tone::Good, self.guaranteed), (Tone::Waiting, self.movable), (Tone::Plain, self.free)];
        Words(amounts.into_iter().map(|(tone, pages)| (tone, size(pages))).collect())
    }
}

/// What is said behind the bar.
#[derive(Default)]
struct Words(Vec<(Tone, String)>);

impl Words {
    fn columns(&self, window: Window) -> usize {
        let mut line = Line::default();
        self.push_to(&mut line, window);
        line.columns()
    }

    fn push_to(&self, line: &mut Line, window: Window) {
        for (index, (tone, word)) in self.0.iter().enumerate() {
            line.push(Tone::Faint, if index == 0 { "  " } else { window.glyphs.dot() });
            line.push(*tone, word);
        }
    }
}
