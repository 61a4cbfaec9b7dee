//! `cargo xtask readme`: the samples in README.md are what its commands printed,
//! unchanged.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::quickstart;

/// A command of the README, and the mark that its sample stands behind.
struct Sample {
    begin: &'static str,
    arguments: &'static [&'static str],
}

const SAMPLES: [Sample; 2] = [
    Sample { begin: "<!-- sample: written by `cargo xtask readme` -->\n", arguments: &quickstart::ARGUMENTS },
    Sample {
        begin: "<!-- sample of inspect: written by `cargo xtask readme` -->\n",
        arguments: &["inspect", "examples/quickstart/chat.yaml"],
    },
];
const END: &str = "<!-- end of sample -->\n";

/// Runs the commands and replaces what stands between their marks.
///
/// # Errors
/// Where a command fails, or README.md has no place for its sample.
pub(crate) fn run(root: &Path) -> Result<()> {
    let path = root.join("README.md");
    let mut readme = fs::read_to_string(&path).context("README.md")?;
    let binary = quickstart::build(root)?;
    for sample in SAMPLES {
        readme = sample.replaced(&readme, &output(root, &binary, sample.arguments)?)?;
    }
    fs::write(&path, readme)?;
    Ok(())
}

/// What the command prints, in a pipe.
fn output(root: &Path, binary: &Path, arguments: &[&str]) -> Result<String> {
    // Nobody's home directory belongs into the README; a new one shows a first run.
    let state = std::env::temp_dir().join("casemate-readme");
    fs::create_dir_all(&state).with_context(|| format!("cannot make {}", state.display()))?;
    let (mut reader, writer) = std::io::pipe()?;
    let mut command = Command::new(binary);
    command.current_dir(root).args(arguments).env("XDG_STATE_HOME", &state);
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot start casemate")?;
    // The command keeps the pipe's writing ends open; the reader would never see its end.
    drop(command);
    let mut output = String::new();
    reader.read_to_string(&mut output)?;
    let status = child.wait()?;
    fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
    ensure!(status.success(), "`casemate {}` ended with {status}:\n{output}", arguments.join(" "));
    Ok(output)
}

impl Sample {
    /// The document with another sample.
    fn replaced(&self, document: &str, output: &str) -> Result<String> {
        let line = self.arguments.join(" ");
        let no_mark = |which| format!("README.md has no mark where the sample of `{line}` {which}");
        let (before, rest) = document.split_once(self.begin).with_context(|| no_mark("begins"))?;
        let (_, after) = rest.split_once(END).with_context(|| no_mark("ends"))?;
        let (begin, output) = (self.begin, output.trim_end());
        Ok(format!(
            "{before}{begin}\n```console\n$ cargo run --release -- {line}\n{output}\n```\n\n{END}{after}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_changes() {
        let [first, second] = &SAMPLES;
        let document = format!("one\n{}old\n{END}two\n{}old\n{END}three\n", first.begin, second.begin);
        let changed = second.replaced(&document, "TABLE\n").unwrap();
        assert!(
            changed.starts_with(&format!("one\n{}old\n{END}two\n", first.begin))
                && changed.ends_with("three\n")
        );
        assert!(changed.contains("\nTABLE\n") && changed.matches("old").count() == 1);
        assert_eq!(second.replaced(&changed, "TABLE\n").unwrap(), changed);
    }

    #[test]
    fn a_document_without_marks_is_refused() {
        assert!(SAMPLES.iter().all(|sample| sample.replaced("one\n", "TABLE\n").is_err()));
    }
}
