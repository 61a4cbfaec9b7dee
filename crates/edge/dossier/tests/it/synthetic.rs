//! Dossiers and verdicts on evidence made here, so that a clone alone shows them.
