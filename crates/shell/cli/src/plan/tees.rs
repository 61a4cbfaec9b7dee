//! `casemate plan --tees`: what each TEE can do.

use std::collections::BTreeMap;

use casemate_model::tee::{Table, capability_table};

use super::Format;
use crate::terminal::Terminal;

/// Prints it: a part for each TEE for people, a row each for programs.
pub(super) fn print(output: Format, terminal: &Terminal) {
    let Table { heading, rows } = capability_table();
    match output {
        Format::Json => {
            let row = |row: &[String; 10]| -> BTreeMap<&str, String> {
                heading.iter().copied().zip(row.iter().cloned()).collect()
            };
            let rows: Vec<_> = rows.iter().map(row).collect();
            super::print_json(&rows);
        }
        Format::Table | Format::Html => {
            let widest = heading.iter().map(|it| it.len()).max().unwrap_or(0);
            let mut out = String::new();
            for row in &rows {
                for (nth, (title, said)) in heading.iter().zip(row).enumerate() {
                    let line = if nth == 0 { said.clone() } else { format!("  {title:widest$}  {said}") };
                    if !said.is_empty() {
                        out.push_str(&line);
                        out.push('\n');
                    }
                }
                out.push('\n');
            }
            terminal.print(&out);
        }
    }
}
