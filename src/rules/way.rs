//! The way from the project's own lines to what a compiler complains about.

use super::{Finding, Scene};
use crate::build::{BuildFault, Frame, Step, stack};
use crate::diagnosis::{Place, Source};

/// Steps that are listed.
const STEPS: usize = 8;

/// A finding at the complaint's place if that is the project's, else at the innermost of the project's lines on the way to
/// it; the others are listed.
pub(super) fn placed(
    finding: Finding,
    scene: &Scene<'_>,
    fault: &BuildFault,
    file: &str,
) -> Finding {
    let place = scene.source_place(file, fault.line, fault.column);
    let frames = frames(scene, fault.log_line, file);
    let own: Vec<(Source, String)> = steps(file, &frames)
        .filter_map(|(frame, label)| Some((source(scene, frame)?, label)))
        .take(STEPS)
        .collect();
    let is_own = matches!(place, Place::Source(_));
    // A way through files that no line of the project shows.
    let mut finding = if is_own && own.len() == frames.len() || frames.is_empty() {
        finding
    } else {
        finding.evidence("the way of the compiler", told(file, &frames))
    };
    let mut own = own.into_iter();
    let way_in = if is_own { None } else { own.next() };
    finding = match way_in {
        Some((source, label)) => finding.place(source).label(label),
        None => finding.place(place),
    };
    related(finding, own)
}

/// The project's lines on the way to a complaint, where its place is another.
pub(super) fn beside(finding: Finding, scene: &Scene<'_>, fault: &BuildFault) -> Finding {
    let Some(file) = &fault.file else {
        return finding;
    };
    let frames = frames(scene, fault.log_line, file);
    let own = steps(file, &frames)
        .filter_map(|(frame, label)| Some((source(scene, frame)?, label)))
        .take(STEPS);
    related(finding, own)
}

/// The source that was compiled when the complaint came: the outermost file on the way, as the compiler names it.
pub(super) fn compiled(scene: &Scene<'_>, log_line: usize, file: &str) -> String {
    let frames = frames(scene, log_line, file);
    let includes = frames.iter().rev();
    let mut includes = includes.filter(|frame| frame.step == Step::Includes);
    match includes.next() {
        Some(frame) => frame.file.clone(),
        None => file.to_owned(),
    }
}

fn frames(scene: &Scene<'_>, log_line: usize, file: &str) -> Vec<Frame> {
    let build = scene.facts.build.as_ref();
    build.map_or_else(Vec::new, |build| stack(&build.log, log_line, file))
}

fn related(finding: Finding, own: impl Iterator<Item = (Source, String)>) -> Finding {
    own.fold(finding, |finding, (source, label)| {
        finding.related(source, label)
    })
}

/// Every step with what is at its line.
fn steps<'a>(file: &'a str, frames: &'a [Frame]) -> impl Iterator<Item = (&'a Frame, String)> {
    let mut included = name(file);
    frames.iter().map(move |frame| {
        let label = match frame.step {
            Step::Includes => format!("includes `{included}`"),
            Step::Instantiates => "needs the template".to_owned(),
        };
        if frame.step == Step::Includes {
            included = name(&frame.file);
        }
        (frame, label)
    })
}

fn told(file: &str, frames: &[Frame]) -> String {
    let lines = steps(file, frames).take(STEPS);
    let lines = lines.map(|(frame, label)| format!("{}:{} {label}", frame.file, frame.line));
    lines.collect::<Vec<_>>().join("\n")
}

fn source(scene: &Scene<'_>, frame: &Frame) -> Option<Source> {
    match scene.source_place(&frame.file, Some(frame.line), frame.column) {
        Place::Source(source) => Some(source),
        Place::Artifact { .. } | Place::Project => None,
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::{Place, Source};
    use crate::rules::Finding;
    use crate::rules::testing::{Case, said};

    fn refused(log: &str) -> Finding {
        said(Case::linux().failed_build(log), "compile-error")
    }

    fn at(finding: &Finding) -> String {
        finding
            .place
            .as_ref()
            .map_or_else(String::new, Place::to_string)
    }

    fn beside(finding: &Finding) -> Vec<String> {
        let related = finding.related.iter();
        related
            .map(|related| format!("{}: {}", related.place, related.label))
            .collect()
    }

    const TORCH: &str = "/env/lib/python3.11/site-packages/torch/include";

    #[test]
    fn an_error_in_the_projects_header_stays_there_and_lists_who_includes_it() {
        let finding = refused(
            "In file included from src/b.h:3,\n                 from /src/project/src/ext.cpp:7:\n\
             ./src/../a.h:9:3: error: expected ';'",
        );
        assert_eq!(at(&finding), "a.h:9:3");
        let expected = ["src/b.h:3: includes `a.h`", "src/ext.cpp:7: includes `b.h`"];
        assert_eq!(beside(&finding), expected);
        assert_eq!(finding.evidence.len(), 1);
    }

    #[test]
    fn an_error_in_a_header_of_torch_is_at_the_line_that_includes_it() {
        let finding = refused(&format!(
            "In file included from src/ext.cpp:7:\nIn file included from {TORCH}/torch/all.h:4:\n\
             {TORCH}/c10/x.h:9:3: error: expected ';'"
        ));
        assert_eq!(at(&finding), "src/ext.cpp:7");
        assert_eq!(finding.label.as_deref(), Some("includes `all.h`"));
        assert_eq!(
            finding.evidence[1].text,
            format!("{TORCH}/torch/all.h:4 includes `x.h`\nsrc/ext.cpp:7 includes `all.h`")
        );
    }

    #[test]
    fn the_line_that_needs_a_template_comes_before_the_line_that_includes_it() {
        let gcc = "In file included from /usr/include/c++/12/memory:76,\n                 from ext.cpp:1:\n\
                   /usr/include/c++/12/bits/unique_ptr.h: In instantiation of ‘f’:\n\
                   ext.cpp:4:30:   required from here\n\
                   /usr/include/c++/12/bits/unique_ptr.h:1065:30: error: no matching function\n";
        let clang = "In file included from ext.cpp:1:\nIn file included from /usr/include/c++/12/memory:76:\n\
                     /usr/include/c++/12/bits/unique_ptr.h:1065:30: error: no matching constructor\n\
                     ext.cpp:4:30: note: in instantiation of function template specialization 'f' requested here\n";
        for log in [gcc, clang] {
            let finding = refused(log);
            assert_eq!(at(&finding), "ext.cpp:4:30");
            assert_eq!(finding.label.as_deref(), Some("needs the template"));
            assert_eq!(beside(&finding), ["ext.cpp:1: includes `memory`"]);
        }
    }

    #[test]
    fn where_no_line_of_the_project_is_on_the_way_none_is_named() {
        for log in [
            format!("{TORCH}/c10/x.h:9:3: error: expected ';'"),
            // The environment stands in the project, and is not the project.
            "/src/project/.venv/lib/python3.11/site-packages/torch/include/x.h:9:3: error: expected ';'"
                .to_owned(),
            format!("In file included from ../other/ext.cpp:7:\n{TORCH}/c10/x.h:9:3: error: expected ';'"),
        ] {
            assert_eq!(refused(&log).place, Some(Place::Project), "{log}");
        }
    }

    #[test]
    fn the_directories_of_a_missing_header_are_those_of_its_own_source() {
        let log = "g++ -I/one -c a.cpp -o a.o\ng++ -I/two -c b.cpp -o b.o\n\
                   In file included from a.cpp:1:\na.h:2:10: fatal error: x.h: No such file or directory";
        let finding = said(Case::linux().failed_build(log), "header-missing");
        let last = finding.evidence.last().expect("evidence");
        assert_eq!(
            (last.source.as_str(), last.text.as_str()),
            ("include directories, build log line 1", "/one")
        );
        assert_eq!(
            finding.place,
            Some(Source::at("a.h", Some(2), Some(10)).into())
        );
    }
}
