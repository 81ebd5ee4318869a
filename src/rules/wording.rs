//! Words that rules about loads share: who needs what, how sure that is, what was tried.

use super::{Finding, Module, Scene, way};
use crate::build::{BuildFault, CompileCommand};
use crate::load::{Likelihood, LoadFailure, Reason};

/// `likely ` with its space where the loader may yet decide otherwise.
pub(super) fn likely(failure: &LoadFailure) -> &'static str {
    match failure.likelihood {
        Likelihood::Likely => "likely ",
        Likelihood::Certain => "",
    }
}

/// The image that asked, as people know it.
pub(super) fn needer<'a>(
    scene: &'a Scene<'_>,
    module: &'a Module<'_>,
    failure: &'a LoadFailure,
) -> &'a str {
    match &failure.referenced_from {
        Some(image) => scene.shown(image),
        None => &module.artifact.path,
    }
}

/// The facts that every failure has: who asked, and where it was looked for.
pub(super) fn with_origin(finding: Finding, scene: &Scene<'_>, failure: &LoadFailure) -> Finding {
    let shown = |path: &Option<String>| path.as_deref().map(|path| scene.shown(path).to_owned());
    finding
        .fact_if("referenced_from", shown(&failure.referenced_from))
        .fact_if("expected_in", shown(&failure.expected_in))
}

/// The evidence that lists the paths at which a library was looked for.
pub const TRIED: &str = "tried, in this order";

/// The evidence that quotes what the loader would say.
pub const LOAD: &str = "simulated load";

/// The paths that were tried, as evidence.
pub(super) fn with_tried(finding: Finding, failure: &LoadFailure) -> Finding {
    if failure.tried.is_empty() {
        return finding;
    }
    let tried = failure.tried.iter();
    let lines: Vec<String> = tried
        .map(|attempt| format!("{} ({})", attempt.path, attempt.why))
        .collect();
    finding.evidence(TRIED, lines.join("\n"))
}

/// Is it refused for this reason: does the loader's text for one of the tried files, or its whole text, start so?
pub(super) fn refused_because(failure: &LoadFailure, words: &str) -> Option<String> {
    let whys = failure.tried.iter().map(|attempt| attempt.why.as_str());
    let mut texts = whys.chain([failure.message.as_str()]);
    texts
        .find(|text| text.starts_with(words))
        .map(str::to_owned)
        .or_else(|| {
            // dlopen(/x.so, 0x0002): tried: '/x.so' (duplicate LC_RPATH '@loader_path')
            let (_, rest) = failure.message.split_once(&format!("' ({words}"))?;
            Some(format!("{words}{}", rest.trim_end_matches(')')))
        })
}

/// The ELF symbol version that is asked for and not there.
pub(super) fn missing_version(failure: &LoadFailure) -> Option<&str> {
    match failure.reason {
        Reason::SymbolNotFound | Reason::VersionNotFound => failure.symbol_version.as_deref(),
        _ => None,
    }
}

/// The file that was refused, as far as it is known: of a dependent, the path at which one was found.
pub(super) fn refused_file(failure: &LoadFailure) -> &str {
    if failure.subject.starts_with('/') {
        return &failure.subject;
    }
    let mut tried = failure.tried.iter();
    tried
        .find(|attempt| !attempt.why.starts_with("no such file") && attempt.path.starts_with('/'))
        .map_or(&failure.subject, |attempt| &attempt.path)
}

/// The place in the project that a complaint names, and the complaint itself.
pub(super) fn with_complaint(finding: Finding, scene: &Scene<'_>, fault: &BuildFault) -> Finding {
    let finding = complaint(finding, fault);
    match &fault.file {
        Some(file) => way::placed(finding, scene, fault, file),
        None => finding,
    }
}

/// The complaint itself, where the line that it names is not the one to edit.
pub(super) fn complaint(finding: Finding, fault: &BuildFault) -> Finding {
    finding.evidence(format!("build log line {}", fault.log_line), &fault.text)
}

/// The compiler command that a line of the log is about: the one that compiles the file that the line names or the one that
/// includes that, else the last one before it.
pub(super) fn command_before<'a>(
    scene: &Scene<'a>,
    log_line: usize,
    file: Option<&str>,
) -> Option<&'a CompileCommand> {
    let line = |command: &CompileCommand| command.told.line();
    let before = |command: &&CompileCommand| line(command).is_some_and(|at| at <= log_line);
    let compiled = file.map(|file| way::compiled(scene, log_line, file));
    // The cheap test first: a large log has hundreds of thousands of commands.
    let is_of = |command: &&CompileCommand| {
        let compiled = compiled.as_deref();
        compiled.is_some_and(|compiled| command.has(compiled)) && command.source() == compiled
    };
    let commands = || scene.compile_commands.iter().rev();
    commands()
        .find(|command| before(command) && is_of(command))
        .or_else(|| commands().find(|command| line(command).is_none() && is_of(command)))
        .or_else(|| commands().find(before))
}
