//! `casemate attest forecast`: who will fall by Intel's early TCB set.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use casemate_dossier::{Dossier, Examiner, Forecast, Outcome};
use casemate_model::Timestamp;
use casemate_node::Clock;
use casemate_policy::{EvidencePolicy, Question};
use clap::Args;

use super::arguments;
use super::dossiers::Named;
use super::exit;
use super::policy_file::policy_on;
use super::roots::RootArguments;
use super::verify::Pool;
use crate::output::Output;
use crate::terminal::{Stream, Terminal};

/// Everything that is accepted now will be.
const NONE_FALLS: u8 = 0;
/// Something accepted now will not be.
const SOME_FALL: u8 = 1;

/// Ends the help.
const EXAMPLES: &str = "Examples:\n\
\x20 casemate attest forecast node-1/ node-2/ --collateral early/";

/// Tell whose evidence is accepted now and will not be by an early TCB set of Intel's: who, by which
/// advisory, and when at the latest.
///
/// Exit codes: 0 nobody falls; 1 somebody does; 2 something cannot be read, or the command line would
/// not do.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ForecastArguments {
    /// Evidence with the collateral in force: files, or directories with all that came from one
    /// attester; `-` is stdin. Collateral among the files counts for all.
    #[arg(required = true, value_name = "EVIDENCE|DIR")]
    paths: Vec<PathBuf>,

    /// The early collateral: what Intel's service answers with `update=early`.
    #[arg(long, required = true, value_name = "FILE|DIR", num_args = 1..)]
    collateral: Vec<PathBuf>,

    /// The policy for evidence [default: the published default, see docs/attest.md].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The instant of verification, RFC 3339 or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME", value_parser = arguments::instant)]
    now: Option<Timestamp>,

    /// Whose evidence it is, for policies with rules by tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,

    #[command(flatten)]
    roots: RootArguments,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Output::Table)]
    output: Output,
}

/// Runs the command.
pub(super) fn forecast(arguments: &ForecastArguments) -> ExitCode {
    let terminal = Terminal::new(match arguments.output {
        Output::Table => Stream::Stdout,
        Output::Json => Stream::Stderr,
    });
    match forecasts(arguments, &terminal) {
        Ok(forecasts) => {
            match arguments.output {
                Output::Table => terminal.print(&lines(&forecasts)),
                Output::Json => print(&forecasts),
            }
            let broken = forecasts.iter().any(|it| it.present.outcome == Outcome::Malformed);
            let falls = forecasts.iter().any(Forecast::falls);
            ExitCode::from(if broken {
                exit::BROKEN
            } else if falls {
                SOME_FALL
            } else {
                NONE_FALLS
            })
        }
        Err(cause) => {
            terminal.print_error(&format!("error: {cause}\n"));
            if arguments.output == Output::Json {
                refuse(&cause);
            }
            ExitCode::from(exit::BROKEN)
        }
    }
}

/// Prints the document of a command line that would not do.
pub(super) fn refuse(_cause: &str) {
    // Why is on stderr: an attester that nobody named has no forecast.
    print(&[]);
}

fn forecasts(arguments: &ForecastArguments, terminal: &Terminal) -> Result<Vec<Forecast>, String> {
    let now = arguments.now.unwrap_or_else(|| Clock::start().now());
    let policy = match &arguments.policy {
        Some(path) => policy_on(path, arguments.roots.state_dir.clone())?,
        None => EvidencePolicy::published_default(),
    };
    let roots = arguments.roots.accepted(&policy, now)?;
    let (mut early, mut pool, mut notes) = (Pool::default(), Pool::default(), Vec::new());
    for one in Named::read_all(&arguments.collateral, terminal) {
        early.add_given(&one, &mut notes)?;
    }
    for note in &notes {
        terminal.print_error(&format!("note: {note}\n"));
    }
    let named = Named::read_all(&arguments.paths, terminal);
    let mut attesters = Vec::new();
    for one in &named {
        let dossier = one.dossier.as_ref().map_err(|cause| format!("{}: {cause}", one.name))?;
        if dossier.is_endorsements() {
            pool.add(dossier);
        } else {
            attesters.push((one.name.as_str(), dossier));
        }
    }
    if attesters.is_empty() {
        return Err("only endorsements were given, and no evidence".to_owned());
    }
    let question = Question { nonce: None, tenant: arguments.tenant.as_deref(), now };
    let mut forecasts = Vec::new();
    for (name, dossier) in attesters {
        let mut endorsements = dossier.endorsements.clone();
        Dossier::endorse(&mut endorsements, &pool.endorsements);
        let (endorsements, references) = (&endorsements, &dossier.references);
        let examiner = Examiner { endorsements, references, roots: &roots, policy: &policy, question };
        for found in dossier.statements_or_why_none() {
            forecasts.push(Forecast::of(&examiner, &early.endorsements, name, &found));
        }
    }
    Ok(forecasts)
}

/// One line an attester, and a sum.
fn lines(forecasts: &[Forecast]) -> String {
    let mut text = String::new();
    for one in forecasts {
        let (present, early) = (&one.present, &one.early);
        let status = |verdict: &casemate_dossier::Verdict| verdict.tcb().map_or("-", |it| it.status.as_str());
        let advisories: Vec<_> = one.new_advisories().into_iter().collect();
        let what = match one.falls_by() {
            Some(by) => format!("falls, by {by} at the latest"),
            None if one.falls() => "falls".to_owned(),
            None => format!("{} now, {} then", present.outcome.as_str(), early.outcome.as_str()),
        };
        let because =
            if advisories.is_empty() { String::new() } else { format!(": {}", advisories.join(", ")) };
        text.push_str(&format!(
            "{}: {what} ({} now, {} by the early set){because}\n",
            casemate_report::text::clean(&present.subject),
            status(present),
            status(early)
        ));
        if one.falls() {
            for reason in &early.reasons {
                text.push_str(&format!("    {}\n", casemate_report::text::clean(reason)));
            }
        }
    }
    let falls = forecasts.iter().filter(|it| it.falls()).count();
    text.push_str(&format!("\n{falls} of {} will fall\n", forecasts.len()));
    text
}

fn print(forecasts: &[Forecast]) {
    // A reader that has gone away is told nothing.
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, forecasts).map(|()| writeln!(out));
}
