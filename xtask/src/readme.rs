//! `cargo xtask readme`: the sample in README.md is what the quickstart printed,
//! unchanged.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::quickstart;

const BEGIN: &str = "<!-- sample: written by `cargo xtask readme` -->\n";
const END: &str = "<!-- end of sample -->\n";

/// Runs the quickstart and replaces what stands between the two marks.
///
/// # Errors
/// Where the quickstart fails, or README.md has no place for it.
pub(crate) fn run(root: &Path) -> Result<()> {
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).context("README.md")?;
    let binary = quickstart::build(root)?;
    // Nobody's home directory belongs into the README; a new one shows a first run.
    let state = std::env::temp_dir().join("casemate-readme");
    let (mut reader, writer) = std::io::pipe()?;
    let mut command = Command::new(binary);
    command.current_dir(root).args(quickstart::ARGUMENTS).env("XDG_STATE_HOME", &state);
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot start casemate")?;
    // The command keeps the pipe's writing ends open; the reader would never see its end.
    drop(command);
    let mut output = String::new();
    reader.read_to_string(&mut output)?;
    let status = child.wait()?;
    fs::remove_dir_all(&state).with_context(|| format!("cannot remove {}", state.display()))?;
    ensure!(status.success(), "the quickstart ended with {status}:\n{output}");
    fs::write(&path, with_sample(&readme, &output)?)?;
    Ok(())
}

/// The document with another sample.
fn with_sample(document: &str, output: &str) -> Result<String> {
    let (before, rest) = document.split_once(BEGIN).context("README.md has no mark where a sample begins")?;
    let (_, after) = rest.split_once(END).context("README.md has no mark where the sample ends")?;
    let line = quickstart::ARGUMENTS.join(" ");
    let output = output.trim_end();
    Ok(format!("{before}{BEGIN}\n```console\n$ cargo run --release -- {line}\n{output}\n```\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_changes() {
        let document = format!("one\n{BEGIN}old\n{END}two\n");
        let changed = with_sample(&document, "TABLE\n").unwrap();
        assert!(changed.starts_with("one\n") && changed.ends_with("two\n"));
        assert!(changed.contains("\nTABLE\n") && !changed.contains("old"));
        assert_eq!(with_sample(&changed, "TABLE\n").unwrap(), changed);
    }

    #[test]
    fn a_document_without_marks_is_refused() {
        assert!(with_sample("one\n", "TABLE\n").is_err());
    }
}
