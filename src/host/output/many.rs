//! Reports of several things at once: of a check, and of all legs of a matrix.

use std::path::Path;

use anyhow::Context;

use super::wanted::To;
use super::{KEPT_FORMATS, Output, concluded, write_file};
use crate::check::Checked;
use crate::host::{Failure, github};
use crate::merge::Merged;
use crate::render::merged::{comment, draft, render_merged};
use crate::render::{Format, Options, check, render};
use crate::report::Report;

impl Output {
    /// Writes what a check came to in every format that was asked for, and keeps it where that was asked for.
    pub(in crate::host) fn write_checked(
        &self,
        checked: &Checked,
        project: &str,
    ) -> Result<(), Failure> {
        let folded = checked.report(project);
        let mut failed = Vec::new();
        if let Some(directory) = &self.keep {
            failed.extend(self.keep_checked(checked, &folded, directory).err());
        }
        for wanted in &self.wanted {
            let options = self.options_for(wanted);
            if matches!(wanted.to, To::GitHub) {
                failed.extend(self.write_one(&folded, wanted).err());
                continue;
            }
            let bytes = checked_in(wanted.format, checked, &folded, &options);
            failed.extend(bytes.and_then(|bytes| self.put(&bytes, wanted)).err());
        }
        concluded(failed)
    }

    fn keep_checked(
        &self,
        checked: &Checked,
        folded: &Report,
        directory: &Path,
    ) -> anyhow::Result<()> {
        self.make_kept(directory)?;
        let options = Options {
            stop_token: None,
            ..self.options.clone()
        };
        for (format, name) in KEPT_FORMATS {
            let bytes = checked_in(format, checked, folded, &options)?;
            write_file(&directory.join(name), &bytes)?;
        }
        self.keep_leg(directory, &self.name_of(folded))
    }

    /// Writes the report of all legs in every format that was asked for, and the comment.
    pub(in crate::host) fn write_merged(
        &self,
        merged: &Merged,
        comments: bool,
    ) -> Result<(), Failure> {
        let mut failed = Vec::new();
        let head = github::subject(&self.runner).head_sha;
        let page = github::run_page(&self.runner);
        let text = comment(merged, &self.options, page.as_deref(), head.as_deref());
        if let Some(directory) = &self.keep {
            failed.extend(self.keep_merged(merged, &text, directory).err());
        }
        for wanted in &self.wanted {
            let options = self.options_for(wanted);
            if matches!(wanted.to, To::GitHub) {
                let name = self.name.as_deref().unwrap_or("all legs");
                let draft = draft(merged, &options);
                github::publish_check_run(&self.runner, &format!("loadproof / {name}"), draft);
                continue;
            }
            let bytes = merged_in(wanted.format, merged, &options);
            failed.extend(bytes.and_then(|bytes| self.put(&bytes, wanted)).err());
        }
        if comments {
            let key = self.name.as_deref().unwrap_or(&self.runner.workflow);
            github::publish_comment(&self.runner, key, &text);
        }
        concluded(failed)
    }

    fn keep_merged(&self, merged: &Merged, comment: &str, directory: &Path) -> anyhow::Result<()> {
        self.make_kept(directory)?;
        let options = Options {
            stop_token: None,
            ..self.options.clone()
        };
        for (format, name) in KEPT_FORMATS {
            let bytes = merged_in(format, merged, &options)?;
            write_file(&directory.join(name), &bytes)?;
        }
        write_file(&directory.join("comment.md"), comment.as_bytes())
    }
}

fn checked_in(
    format: Format,
    checked: &Checked,
    folded: &Report,
    options: &Options,
) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match format {
        Format::Json => check::json(checked, folded, options.fail_on, &mut bytes),
        Format::Terminal => check::terminal(checked, folded, options, &mut bytes),
        other => render(folded, other, options, &mut bytes),
    }
    .with_context(|| format!("cannot render the {format} report"))?;
    Ok(bytes)
}

fn merged_in(format: Format, merged: &Merged, options: &Options) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    render_merged(merged, format, options, &mut bytes)
        .with_context(|| format!("cannot render the {format} report"))?;
    Ok(bytes)
}
