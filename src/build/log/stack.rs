//! How a compiler came to the place that it complains about: the files that include it, the templates that asked for it.
//!
//! gcc prints both above its complaint, the includes from the inside to the outside; clang prints the includes above it,
//! from the outside to the inside, and the templates below. Neither repeats the includes while it stays in one file.

use super::compiler::place;

/// Lines above and below a complaint that may belong to it.
const ABOVE: usize = 400;
const BELOW: usize = 120;
/// Steps of one way.
const FRAMES: usize = 32;

/// One step of the way to a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The file as the compiler names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; of an `#include` never known.
    pub column: Option<u32>,
    /// What is at the line.
    pub step: Step,
}

/// Why a compiler went on from a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It includes the file of the frame before.
    Includes,
    /// It needs the template of the frame before.
    Instantiates,
}

/// The way to the complaint about `file` in that line of the log, from 1. Innermost first: the templates, then the includes.
pub fn stack(log: &str, log_line: usize, file: &str) -> Vec<Frame> {
    let lines = log.split_inclusive('\n').take(log_line.saturating_sub(1));
    let start = lines.map(str::len).sum::<usize>();
    let above = log.get(..start).unwrap_or_default().lines().rev();
    let below = log.get(start..).unwrap_or_default().lines().skip(1);
    let (mut frames, includes) = look_above(above.map(str::trim).take(ABOVE), file);
    frames.extend(look_below(below.map(str::trim).take(BELOW)));
    frames.extend(includes);
    frames.truncate(FRAMES);
    frames
}

/// The templates and the includes above a complaint about a file.
fn look_above<'a>(lines: impl Iterator<Item = &'a str>, file: &str) -> (Vec<Frame>, Vec<Frame>) {
    let (mut templates, mut includes) = (Vec::new(), Vec::new());
    // Templates above another complaint belong to that one.
    let mut is_own = true;
    let mut is_gcc = false;
    for text in lines {
        // gcc: `In file included from b.h:7:` or `...:7,`, then `from a.cpp:2:`; clang: one line of the first kind each
        let first = text.strip_prefix("In file included from ");
        if let Some(frame) = first.or(text.strip_prefix("from ")).and_then(included) {
            includes.push(frame);
            is_gcc |= first.is_none();
            if is_gcc && first.is_some() {
                break;
            }
            continue;
        }
        if !includes.is_empty() || is_command(text) {
            break;
        }
        if let Some(frame) = required(text) {
            if is_own {
                templates.push(frame);
            }
        } else if let Some((other, _)) = complaint(text) {
            if other.file != file {
                break;
            }
            is_own = false;
        }
    }
    templates.reverse();
    if is_gcc {
        includes.reverse();
    }
    (templates, includes)
}

/// The templates that clang names below a complaint, which its other notes may follow.
fn look_below<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Frame> {
    let mut templates = Vec::new();
    for text in lines {
        if is_command(text) {
            break;
        }
        let Some((frame, message)) = complaint(text) else {
            continue;
        };
        // `a.cpp:4:10: note: in instantiation of function template specialization 'f<int>' requested here`
        let Some(note) = message.strip_prefix("note: ") else {
            break;
        };
        let asks = ["in instantiation of ", "while substituting "];
        if asks.iter().any(|words| note.starts_with(words)) && note.ends_with(" here") {
            templates.push(frame);
        }
    }
    templates
}

fn included(text: &str) -> Option<Frame> {
    let (file, line, _) = place(text.strip_suffix([':', ','])?)?;
    Some(Frame {
        file: file.to_owned(),
        line,
        column: None,
        step: Step::Includes,
    })
}

/// gcc: `a.cpp:4:11:   required from here`, `a.h:3:38:   required from ‘int f(T) [with T = int]’`
fn required(text: &str) -> Option<Frame> {
    let (place, rest) = text.split_once(":   ")?;
    let words = ["required from ", "required by ", "recursively required "];
    let is_one = words.iter().any(|words| rest.starts_with(words));
    is_one.then(|| at(place))?
}

/// A complaint or a note about a place, with its words from `error: `, `warning: ` or `note: ` on.
fn complaint(text: &str) -> Option<(Frame, &str)> {
    let (head, message) = text.split_once(": ")?;
    let kinds = ["error: ", "fatal error: ", "warning: ", "note: "];
    let is_one = kinds.iter().any(|kind| message.starts_with(kind));
    is_one.then(|| Some((at(head)?, message)))?
}

fn at(text: &str) -> Option<Frame> {
    let (file, line, column) = place(text)?;
    Some(Frame {
        file: file.to_owned(),
        line,
        column,
        step: Step::Instantiates,
    })
}

/// The next command of the build: what is beyond it is about another source.
fn is_command(text: &str) -> bool {
    text.contains(" -c ") || text.starts_with("FAILED: ") || text.starts_with("ninja: ")
}

#[cfg(test)]
mod tests {
    use super::super::faults;
    use super::{Step, stack};

    /// The way to the complaint of that number, as `line of file`.
    fn way(log: &str, number: usize) -> Vec<String> {
        let fault = &faults(log)[number];
        let file = fault.file.as_deref().expect("a file");
        let frames = stack(log, fault.log_line, file).into_iter();
        let word = |step| match step {
            Step::Includes => "includes",
            Step::Instantiates => "needs",
        };
        frames
            .map(|frame| format!("{}:{} {}", frame.file, frame.line, word(frame.step)))
            .collect()
    }

    #[test]
    fn the_includes_of_gcc_and_of_clang_come_from_the_inside() {
        let gcc = "  g++ -I. -c a.cpp -o a.o\n\
                   In file included from inner.h:76,\n                 from outer.h:5,\n                 from a.cpp:1:\n\
                   deep.h: In function ‘int f()’:\ndeep.h:9:3: error: expected ‘;’\n";
        let clang = "  clang++ -I. -c a.cpp -o a.o\n\
                     In file included from a.cpp:1:\nIn file included from ./outer.h:5:\nIn file included from ./inner.h:76:\n\
                     ./deep.h:9:3: error: expected ';'\n";
        let expected = [
            "inner.h:76 includes",
            "outer.h:5 includes",
            "a.cpp:1 includes",
        ];
        assert_eq!(way(gcc, 0), expected);
        let expected = [
            "./inner.h:76 includes",
            "./outer.h:5 includes",
            "a.cpp:1 includes",
        ];
        assert_eq!(way(clang, 0), expected);
    }

    #[test]
    fn the_templates_of_gcc_stand_above_and_those_of_clang_below() {
        let gcc = "In file included from a.cpp:2:\n\
                   a.h: In instantiation of ‘struct X<int>’:\n\
                   a.h:3:38:   required from ‘int f(T) [with T = int]’\n\
                   a.cpp:4:11:   required from here\n\
                   \x20   4 |   return f(3);\n      |          ^\n\
                   a.h:2:51: error: ‘int’ is not a class, struct, or union type\n\
                   \x20   2 | template <class T> struct X { typename T::nothing value; };\n\
                   a.h: In instantiation of ‘int f(T) [with T = int]’:\n\
                   a.cpp:9:11:   required from here\n\
                   a.h:3:50: error: request for member ‘missing’ in ‘t’\n";
        let first = ["a.h:3 needs", "a.cpp:4 needs", "a.cpp:2 includes"];
        assert_eq!(way(gcc, 0), first);
        // The includes are not printed again, and the first complaint's templates are not the second's.
        assert_eq!(way(gcc, 1), ["a.cpp:9 needs", "a.cpp:2 includes"]);
        let clang = "In file included from a.cpp:2:\n\
                     ./a.h:2:40: error: type 'int' cannot be used prior to '::' because it has no members\n\
                     template <class T> struct X { typename T::nothing value; };\n\
                     \x20                                      ^\n\
                     ./a.h:3:38: note: in instantiation of template class 'X<int>' requested here\n\
                     a.cpp:4:10: note: in instantiation of function template specialization 'f<int>' requested here\n\
                     a.cpp:1:8: note: candidate constructor not viable: requires 1 argument\n\
                     In file included from b.cpp:7:\n\
                     ./a.h:2:40: error: another\n\
                     b.cpp:9:10: note: in instantiation of function template specialization 'f<int>' requested here\n";
        let first = ["./a.h:3 needs", "a.cpp:4 needs", "a.cpp:2 includes"];
        assert_eq!(way(clang, 0), first);
    }

    #[test]
    fn another_sources_includes_are_not_this_ones() {
        let log = "In file included from a.cpp:1:\na.h:2:1: warning: unused variable\n\
                   b.cpp:3:1: error: expected ';'\n\
                   In file included from c.cpp:1:\nc.h:2:1: warning: unused variable\n  g++ -I. -c d.cpp -o d.o\n\
                   c.h:3:1: error: expected ';'\n\
                   from nowhere import thing\nIn file included from here\nd.h:1:1: error: expected ';'\n";
        for number in 0..3 {
            assert_eq!(way(log, number), [""; 0], "{number}");
        }
    }

    #[test]
    fn a_way_without_end_is_cut() {
        let log = "In file included from a.h:1:\n".repeat(100_000) + "a.h:1:1: error: too deep\n";
        assert_eq!(way(&log, 0).len(), super::FRAMES);
    }
}
