//! Running other programs to their end.

use std::process::{Command, Output, Stdio};

use crate::refusal::Refusal;

/// What a program printed, if it succeeded.
///
/// # Errors
/// Where it cannot be started, for which there is a remedy, or fails, with the last lines it complained in.
pub(crate) fn output(command: &mut Command, remedy: &str) -> Result<String, Refusal> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ended = command.stdin(Stdio::null()).output();
    let output =
        ended.map_err(|error| Refusal::new(format!("`{name}` cannot be started: {error}"), remedy))?;
    if !output.status.success() {
        let cause = format!("`{}` ended with {}: {}", words(command), output.status, complaint(&output));
        return Err(Refusal::new(cause, remedy));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The program's name and its arguments as far as one line has room.
fn words(command: &Command) -> String {
    const CHARACTERS: usize = 120;
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CHARACTERS) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

/// Its last lines, in one.
fn complaint(output: &Output) -> String {
    const LINES: usize = 4;
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named_with_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo no room >&2; exit 3"]);
        let refusal = output(&mut command, "make room").unwrap_err().to_string();
        assert!(refusal.contains("`sh -c echo first") && refusal.contains("no room: make room"), "{refusal}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_its_remedy() {
        let refusal = output(&mut Command::new("no-such-program-here"), "install it").unwrap_err();
        assert!(refusal.cause.starts_with("`no-such-program-here` cannot be started"), "{refusal}");
        assert_eq!(refusal.remedy, "install it");
    }

    #[test]
    fn what_it_printed_is_given_back() {
        assert_eq!(output(Command::new("echo").arg("word"), ""), Ok("word\n".to_owned()));
    }
}
