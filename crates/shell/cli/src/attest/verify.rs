//! `casemate attest verify`: verdicts on evidence.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casemate_attest::{Endorsements, Roots};
use casemate_dossier::{Dossier, Examiner, Outcome, References, Unusable, Verdict};
use casemate_model::Timestamp;
use casemate_node::Clock;
use casemate_policy::result::Issue;
use casemate_policy::{EvidencePolicy, Question};
use casemate_report::{Judged, Weight, verdict_table};
use clap::{Args, ValueEnum};

use super::arguments::{self, Nonce};
use super::dossiers::Named;
use super::ear::{Signing, verifier};
use super::exit;
use super::policy_file::policy_on;
use super::roots::RootArguments;
use crate::interrupt::Interrupt;
use crate::terminal::{Stream, Terminal};

/// Ends the help.
const EXAMPLES: &str = "Examples:\n\
\x20 casemate attest verify node-1/ node-2/\n\
\x20 casemate attest verify quote.bin --collateral collateral.json --nonce hex:00ff\n\
\x20 casemate attest verify - -o json < report.bin";

/// Verify evidence of TEEs: signatures, chains, dates, revocation, the vendor's verdict on the
/// platform, and a policy.
///
/// Each file or directory is one attester. What a file is is told by its content: quotes, reports,
/// tokens and documents raw, in hex, base64, PEM, JSON or protobuf; certificates, revocation lists,
/// DCAP collateral, trust anchors and reference values among the arguments count for all.
///
/// Exit codes: 0 everything was accepted; 1 something was refused; 2 something cannot be read as
/// evidence, or the command line would not do; 130 interrupted.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// Evidence: files, or directories with all that came from one attester; `-` is stdin.
    #[arg(required = true, value_name = "EVIDENCE|DIR")]
    paths: Vec<PathBuf>,

    /// What vouches for evidence: certificates, revocation lists, DCAP collateral, CCA trust anchors.
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    collateral: Vec<PathBuf>,

    /// The policy for evidence [default: the published default, see docs/attest.md].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Reference values beside the policy's: those for Arm CCA as JSON.
    #[arg(long, value_name = "FILE|DIR", num_args = 1..)]
    reference: Vec<PathBuf>,

    /// The instant of verification, RFC 3339 or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME", value_parser = arguments::instant)]
    now: Option<Timestamp>,

    /// What the evidence has to have been made for: hex:…, base64:… or text:….
    #[arg(long, value_name = "NONCE", value_parser = arguments::nonce)]
    nonce: Option<Nonce>,

    /// Whose evidence it is, for policies with rules by tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,

    #[command(flatten)]
    roots: RootArguments,

    /// With `-o ear`, the key that signs: PKCS#8 on P-256 or P-384, mode 0600
    /// [default: one made for this run, whose public part is printed to stderr].
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,

    /// What is printed on stdout. With json it is exactly one document, and all else goes to stderr.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    output: Format,
}

/// What is printed on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text for people.
    Table,
    /// One JSON document.
    Json,
    /// Signed results (EAR), one a line, of evidence that verified; all else goes to stderr.
    Ear,
}

/// Runs the command.
pub(super) fn verify(arguments: &VerifyArguments) -> ExitCode {
    let terminal = Terminal::new(match arguments.output {
        Format::Table => Stream::Stdout,
        Format::Json | Format::Ear => Stream::Stderr,
    });
    let output = arguments.output;
    let watched = Interrupt::watch(&terminal, move || {
        if output == Format::Json {
            refuse("interrupted before everything was verified");
        }
    });
    if let Err(error) = watched {
        terminal.print_error(&format!("warning: {error}\n"));
    }
    match Verification::run(arguments, &terminal) {
        Ok(done) => {
            if let Err(cause) = done.print(arguments, &terminal) {
                terminal.print_error(&format!("error: {cause}\n"));
                return ExitCode::from(exit::BROKEN);
            }
            exit::code(done.verdicts.iter().map(|it| it.outcome))
        }
        Err(cause) => {
            terminal.print_error(&format!("error: {cause}\n"));
            if output == Format::Json {
                refuse(&cause);
            }
            ExitCode::from(exit::BROKEN)
        }
    }
}

/// Prints the document of a verification that never came to be.
pub(super) fn refuse(cause: &str) {
    print(&[Verdict::malformed("", cause)]);
}

fn print(verdicts: &[Verdict]) {
    // A reader that has gone away is told nothing.
    let mut out = io::BufWriter::new(io::stdout().lock());
    let _ = serde_json::to_writer_pretty(&mut out, verdicts).map(|()| writeln!(out));
}

/// What came of the command line.
struct Verification {
    now: Timestamp,
    policy: EvidencePolicy,
    verdicts: Vec<Verdict>,
    /// What else is to be said.
    notes: Vec<String>,
}

impl Verification {
    fn run(arguments: &VerifyArguments, terminal: &Terminal) -> Result<Self, String> {
        let now = arguments.now.unwrap_or_else(|| Clock::start().now());
        let policy = match &arguments.policy {
            Some(path) => policy_on(path, arguments.roots.state_dir.clone())?,
            None => EvidencePolicy::published_default(),
        };
        let roots = arguments.roots.accepted(&policy, now)?;
        let named = Named::read_all(&arguments.paths, terminal);
        let mut notes = Vec::new();
        let mut pool = Pool::default();
        for given in [&arguments.collateral, &arguments.reference] {
            for one in Named::read_all(given, terminal) {
                pool.add_given(&one, &mut notes)?;
            }
        }
        for one in &named {
            if let Ok(dossier) = &one.dossier
                && dossier.is_endorsements()
                && !Path::new(&one.name).is_dir()
            {
                pool.add(dossier);
            }
        }
        let question = Question {
            nonce: arguments.nonce.as_ref().map(|it| it.0.as_slice()),
            tenant: arguments.tenant.as_deref(),
            now,
        };
        let mut verdicts = Vec::new();
        for one in &named {
            verdicts.extend(pool.verdicts(one, &roots, &policy, question, &mut notes));
        }
        if verdicts.is_empty() {
            let subject = named.first().map_or("", |it| it.name.as_str());
            verdicts.push(Verdict::malformed(subject, "only endorsements were given, and no evidence"));
        }
        Ok(Self { now, policy, verdicts, notes })
    }

    fn print(&self, arguments: &VerifyArguments, terminal: &Terminal) -> Result<(), String> {
        if arguments.output == Format::Table {
            let judged: Vec<_> = self.verdicts.iter().map(row).collect();
            terminal.print(&verdict_table(&judged, &self.notes, terminal.style()));
            return Ok(());
        }
        for note in &self.notes {
            terminal.print_error(&format!("note: {note}\n"));
        }
        if arguments.output == Format::Json {
            print(&self.verdicts);
            return Ok(());
        }
        let signing = Signing::open(arguments.signing_key.as_deref(), self.now)?;
        let nonce = arguments.nonce.as_ref().map(|it| it.0.as_slice());
        let verifier = verifier();
        let issue = Issue { verifier: &verifier, policy: self.policy.id(), nonce, now: self.now };
        if let Some(keys) = signing.ephemeral_keys() {
            terminal.print_error(&format!("note: signed with a key made for this run: {keys}\n"));
        }
        for verdict in &self.verdicts {
            match signing.result(verdict, &issue)? {
                Some(token) => {
                    let _ = writeln!(io::stdout(), "{token}");
                }
                None => {
                    let (subject, outcome) = (&verdict.subject, verdict.outcome.as_str());
                    let reasons = verdict.reasons.join("; ");
                    terminal.print_error(&format!("{subject}: {outcome}, and no result of it: {reasons}\n"));
                }
            }
        }
        Ok(())
    }
}

/// What vouches for the evidence of every attester.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) endorsements: Endorsements,
    pub(super) references: References,
}

impl Pool {
    pub(super) fn add(&mut self, dossier: &Dossier) {
        Dossier::endorse(&mut self.endorsements, &dossier.endorsements);
        self.references.extend(dossier.references.clone());
    }

    /// Adds what `--collateral` or `--reference` names, which has to be of use.
    pub(super) fn add_given(&mut self, one: &Named, notes: &mut Vec<String>) -> Result<(), String> {
        let dossier = one.dossier.as_ref().map_err(|cause| format!("{}: {cause}", one.name))?;
        let nothing = dossier.endorsements == Endorsements::none() && dossier.references.is_empty();
        if nothing {
            let why = dossier.unused.first().map(|it| format!(": {}", it.why)).unwrap_or_default();
            return Err(format!("{}: neither collateral nor reference values are in it{why}", one.name));
        }
        for found in &dossier.statements {
            notes.push(format!(
                "{}: evidence among collateral is not verified",
                shown(&one.name, &found.source)
            ));
        }
        notes_on_unused(one, dossier, notes);
        self.add(dossier);
        Ok(())
    }

    /// What is to be said of one argument: nothing where it is a file of endorsements.
    fn verdicts(
        &self,
        one: &Named,
        roots: &Roots,
        policy: &EvidencePolicy,
        question: Question<'_>,
        notes: &mut Vec<String>,
    ) -> Vec<Verdict> {
        let dossier = match &one.dossier {
            Ok(dossier) if dossier.is_endorsements() && !Path::new(&one.name).is_dir() => return Vec::new(),
            Ok(dossier) => dossier,
            Err(cause) => return vec![Verdict::malformed(&one.name, cause)],
        };
        if !dossier.statements.is_empty() {
            notes_on_unused(one, dossier, notes);
        }
        let mut endorsements = dossier.endorsements.clone();
        Dossier::endorse(&mut endorsements, &self.endorsements);
        let mut references = dossier.references.clone();
        references.extend(self.references.clone());
        let (endorsements, references) = (&endorsements, &references);
        let examiner = Examiner { endorsements, references, roots, policy, question };
        dossier.statements_or_why_none().iter().map(|it| examiner.examine(&one.name, it)).collect()
    }
}

/// What was broken, and in one line what was only of no use.
fn notes_on_unused(one: &Named, dossier: &Dossier, notes: &mut Vec<String>) {
    let (of_no_use, broken): (Vec<_>, Vec<_>) =
        dossier.unused.iter().partition(|it| it.why == Unusable::Unknown);
    notes.extend(broken.iter().map(|it| format!("{}: not used: {}", shown(&one.name, &it.name), it.why)));
    if !of_no_use.is_empty() {
        let names: Vec<_> = of_no_use.iter().map(|it| it.name.as_str()).collect();
        notes.push(format!("{}: of no form read here: {}", one.name, names.join(", ")));
    }
}

/// A file of an argument.
fn shown(name: &str, file: &str) -> String {
    if name == file { name.to_owned() } else { Path::new(name).join(file).display().to_string() }
}

fn row(verdict: &Verdict) -> Judged {
    let measurement = verdict.claims.as_ref().and_then(|it| it.measurement());
    Judged {
        subject: verdict.subject.clone(),
        tee: verdict.kind.map_or("", |it| it.as_str()),
        verdict: verdict.outcome.as_str(),
        weight: match verdict.outcome {
            Outcome::Accepted => Weight::Good,
            Outcome::Refused | Outcome::Malformed => Weight::Error,
        },
        tcb_status: verdict.tcb().map_or("", |it| it.status.as_str()),
        measurement: measurement.map(|it| it.to_string()).unwrap_or_default(),
        valid_until: verdict.valid_until.map(|it| it.to_string()).unwrap_or_default(),
        reasons: verdict.reasons.clone(),
        advisories: verdict.tcb().iter().flat_map(|it| it.advisories.iter().cloned()).collect(),
        not_checked: verdict.not_checked.iter().map(|it| it.as_str()).collect(),
    }
}
