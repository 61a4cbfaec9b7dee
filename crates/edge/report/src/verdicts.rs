//! Verdicts on evidence as people read them: one row for each, below it why not, and what was not
//! looked at.
//!
//! What a verdict says comes as [`Judged`] rows; this renders them. In a pipe every reason is one line
//! that begins with its subject. On a terminal they are wrapped at words, and the table follows, where
//! it is seen last.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ContentArrangement, Table};

use crate::inspection::{Weight, push, wrapped};
use crate::style::Tone;
use crate::{Style, text};

/// Characters of a measurement that are shown: enough to tell builds apart.
const MEASUREMENT_SHOWN: usize = 16;

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The attester, by the name it was given.
    pub subject: String,
    /// Of which kind the evidence is; empty where that cannot be told.
    pub tee: &'static str,
    /// The verdict in the words programs read.
    pub verdict: &'static str,
    /// How the verdict is to be taken.
    pub weight: Weight,
    /// The vendor's verdict on the platform; empty where there is none.
    pub tcb_status: &'static str,
    /// What the TEE runs, in hex; empty where that is not known.
    pub measurement: String,
    /// Until when the verdict stands; empty where it has no end.
    pub valid_until: String,
    /// Everything that speaks against it.
    pub reasons: Vec<String>,
    /// Advisories that apply to the platform.
    pub advisories: Vec<String>,
    /// What was not looked at.
    pub not_checked: Vec<&'static str>,
}

/// Renders verdicts; `notes` are what else is to be said, one a line. Ends with a line end.
#[must_use]
pub fn verdict_table(judged: &[Judged], notes: &[String], style: Style) -> String {
    let table = rows(judged, style);
    let lines = lines(judged, notes, style);
    let parts = if style.width.is_none() { [table, lines] } else { [lines, table] };
    let mut out = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        out.push_str(&part);
        out.push('\n');
    }
    push(&mut out, style, Tone::Plain, &summary(judged));
    out
}

/// Reasons, advisories and what was not looked at, each with its subject.
fn lines(judged: &[Judged], notes: &[String], style: Style) -> String {
    let mut out = String::new();
    let width = style.width.map_or(usize::MAX, usize::from);
    let mut say = |tone, head: &str, said: &str| wrapped(&mut out, style, tone, head, said, 4, width);
    for one in judged {
        for reason in &one.reasons {
            say(one.weight.tone(), &format!("{}: ", one.subject), reason);
        }
        if !one.advisories.is_empty() {
            say(Tone::Plain, &format!("{}: advisories: ", one.subject), &one.advisories.join(", "));
        }
        if !one.not_checked.is_empty() {
            say(Tone::Waiting, &format!("{}: not checked: ", one.subject), &one.not_checked.join(", "));
        }
    }
    for note in notes {
        say(Tone::Faint, "", note);
    }
    out
}

fn rows(judged: &[Judged], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    table.set_header(["SUBJECT", "TEE", "VERDICT", "TCB", "MEASUREMENT", "VALID UNTIL"]);
    for one in judged {
        table.add_row(cells(one));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let widths = table.column_max_content_widths();
    let widest: usize = widths.iter().map(|width| usize::from(*width).saturating_add(2)).sum();
    if let Some(width) = style.width.filter(|width| widest > usize::from(*width).saturating_add(2)) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn cells(one: &Judged) -> Vec<Cell> {
    let or_dash = |text: &str| Cell::new(if text.is_empty() { "-".into() } else { text::clean(text) });
    let measurement: String = one.measurement.chars().take(MEASUREMENT_SHOWN).collect();
    let verdict = Cell::new(one.verdict);
    let verdict = match one.weight.colour() {
        Some(colour) => verdict.fg(colour),
        None => verdict,
    };
    vec![
        or_dash(&one.subject),
        or_dash(one.tee),
        verdict,
        or_dash(one.tcb_status),
        or_dash(&measurement),
        or_dash(&one.valid_until),
    ]
}

fn summary(judged: &[Judged]) -> String {
    let counted = ["accepted", "refused", "malformed"]
        .map(|word| (judged.iter().filter(|one| one.verdict == word).count(), word));
    let said = counted.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    said.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> Vec<Judged> {
        let accepted = Judged {
            subject: "good.bin".to_owned(),
            tee: "tdx",
            verdict: "accepted",
            weight: Weight::Good,
            tcb_status: "UpToDate",
            measurement: "ab".repeat(48),
            valid_until: "2026-03-03T14:49:26Z".to_owned(),
            reasons: Vec::new(),
            advisories: Vec::new(),
            not_checked: vec!["nonce", "reference values"],
        };
        let refused = Judged {
            subject: "debug\u{1b}[31m".to_owned(),
            verdict: "refused",
            weight: Weight::Error,
            tcb_status: "OutOfDate",
            reasons: vec!["the enclave runs in debug mode, which the policy does not allow".to_owned()],
            advisories: vec!["INTEL-SA-00960".to_owned()],
            ..accepted.clone()
        };
        let malformed = Judged {
            subject: "noise".to_owned(),
            tee: "",
            verdict: "malformed",
            tcb_status: "",
            measurement: String::new(),
            valid_until: String::new(),
            advisories: Vec::new(),
            not_checked: Vec::new(),
            reasons: vec!["it is empty".to_owned()],
            ..refused.clone()
        };
        vec![accepted, refused, malformed]
    }

    #[test]
    fn a_pipe_gets_a_row_for_each_and_a_line_for_each_reason() {
        insta::assert_snapshot!(verdict_table(&judged(), &["2 files were of no use".to_owned()], Style::plain()), @r"
        SUBJECT     TEE  VERDICT    TCB        MEASUREMENT       VALID UNTIL
        good.bin    tdx  accepted   UpToDate   abababababababab  2026-03-03T14:49:26Z
        debug�[31m  tdx  refused    OutOfDate  abababababababab  2026-03-03T14:49:26Z
        noise       -    malformed  -          -                 -

        good.bin: not checked: nonce, reference values
        debug�[31m: the enclave runs in debug mode, which the policy does not allow
        debug�[31m: advisories: INTEL-SA-00960
        debug�[31m: not checked: nonce, reference values
        noise: it is empty
        2 files were of no use

        1 accepted, 1 refused, 1 malformed
        ");
    }

    #[test]
    fn on_a_terminal_no_line_is_wider_and_the_table_is_last() {
        let style = Style { width: Some(60), colour: false };
        let text = verdict_table(&judged(), &[], style);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.find("SUBJECT") > text.find("debug mode"), "{text}");
    }

    #[test]
    fn names_that_senders_chose_move_no_cursor() {
        for style in [Style::plain(), Style { width: Some(80), colour: false }] {
            assert!(!verdict_table(&judged(), &[], style).contains('\u{1b}'));
        }
    }
}
