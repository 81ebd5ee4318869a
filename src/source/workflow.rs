//! GitHub's workflow files: every scalar by the route that leads to it.

use saphyr_parser::{Event, Parser, Span, SpannedEventReceiver};

use super::assignments::assignments;
use super::definition::{Definition, Setting};
use super::project::Project;
use super::span::TextFile;

/// Bytes of a workflow file; scalars of all of them.
const LONGEST: usize = 512 * 1024;
const SETTINGS: usize = 20_000;

/// The settings of every workflow: `env`, `matrix` and the inputs of steps, such as
/// `jobs.wheels.env.MACOSX_DEPLOYMENT_TARGET`.
pub(super) fn workflows(project: &dyn Project, into: &mut Definition) {
    let Some(files) = project.files() else { return };
    let of_workflows = files.iter().filter(|path| {
        path.starts_with(".github/workflows/")
            && (path.ends_with(".yml") || path.ends_with(".yaml"))
    });
    for path in of_workflows.take(64) {
        let text = project.text(path);
        let Some(text) = text.known().filter(|text| text.len() <= LONGEST) else {
            continue;
        };
        let mut reader = Reader {
            file: TextFile::new(path, text),
            bytes: text
                .char_indices()
                .map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX))
                .collect(),
            found: Vec::new(),
            open: Vec::new(),
        };
        if Parser::new_from_str(text).load(&mut reader, false).is_err() {
            into.unread.push(format!("`{path}` is no YAML"));
            continue;
        }
        into.settings.extend(reader.found);
    }
}

/// A mapping or a list that is being read.
enum Open {
    /// The key that was read last, and whether its value comes next.
    Mapping {
        key: String,
        value_next: bool,
    },
    List {
        index: usize,
    },
}

struct Reader {
    file: TextFile,
    /// The byte at which each character begins.
    bytes: Vec<u32>,
    found: Vec<Setting>,
    open: Vec<Open>,
}

impl Reader {
    fn name(&self) -> String {
        let parts: Vec<String> = self
            .open
            .iter()
            .map(|open| match open {
                Open::Mapping { key, .. } => key.clone(),
                Open::List { index } => index.to_string(),
            })
            .collect();
        parts.join(".")
    }

    /// A value has ended: what is open goes on.
    fn step(&mut self) {
        match self.open.last_mut() {
            Some(Open::Mapping { value_next, .. }) => *value_next = !*value_next,
            Some(Open::List { index }) => *index += 1,
            None => {}
        }
    }

    /// The variables that the lines of a step set, or a text of cibuildwheel's: `jobs.a.steps.0.run.CFLAGS`.
    fn assigned(&mut self, name: &str, (start, end): (u32, u32)) {
        let index = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX);
        let written = self.file.text.get(index(start)..index(end));
        let written = written.unwrap_or_default();
        let offset = |at: usize| start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        let set = assignments(written).into_iter().map(|set| Setting {
            name: format!("{name}.{}", set.name),
            value: set.value.to_owned(),
            place: self.file.place(offset(set.span.0), offset(set.span.1)),
            certain: true,
        });
        let set: Vec<Setting> = set.collect();
        self.found.extend(set);
    }

    fn scalar(&mut self, text: &str, span: Span) {
        if let Some(Open::Mapping { key, value_next }) = self.open.last_mut()
            && !*value_next
        {
            text.clone_into(key);
            *value_next = true;
            return;
        }
        if self.found.len() < SETTINGS {
            // The parser counts characters; places count bytes.
            let byte = |index: usize| {
                let at = self.bytes.get(index).copied();
                at.unwrap_or_else(|| u32::try_from(self.file.text.len()).unwrap_or(u32::MAX))
            };
            let place = self
                .file
                .place(byte(span.start.index()), byte(span.end.index()));
            let name = self.name();
            let key = name.rsplit('.').next().unwrap_or_default();
            if key == "run" || key.starts_with("CIBW_ENVIRONMENT") {
                self.assigned(&name, (byte(span.start.index()), byte(span.end.index())));
            }
            self.found.push(Setting {
                name,
                value: text.to_owned(),
                place,
                certain: true,
            });
        }
        self.step();
    }
}

impl<'input> SpannedEventReceiver<'input> for Reader {
    fn on_event(&mut self, event: Event<'input>, span: Span) {
        match event {
            Event::Scalar(text, ..) => self.scalar(&text, span),
            Event::MappingStart(..) => self.open.push(Open::Mapping {
                key: String::new(),
                value_next: false,
            }),
            Event::SequenceStart(..) => self.open.push(Open::List { index: 0 }),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.step();
            }
            Event::Alias(_) => self.step(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::Files;

    #[test]
    fn variables_and_matrices_are_found_with_their_places() {
        let text = "on: push\nenv:\n  ARCHFLAGS: -arch x86_64\njobs:\n  wheels:\n    strategy:\n      matrix:\n        \
                    os: [macos-14, é]\n    steps:\n      - uses: a/b@v1\n        env:\n          CIBW_ARCHS: \"x86_64\"\n";
        let mut definition = Definition::default();
        let files = Files::of(&[(".github/workflows/ci.yml", text)]);
        workflows(&files, &mut definition);
        let found: Vec<String> = definition
            .settings
            .iter()
            .map(|setting| {
                let place = &setting.place;
                let (line, column) = (place.line.unwrap(), place.column.unwrap());
                let end = place.end_column.unwrap();
                format!("{}={} {line}:{column}-{end}", setting.name, setting.value)
            })
            .collect();
        assert_eq!(
            found,
            [
                "on=push 1:5-9",
                "env.ARCHFLAGS=-arch x86_64 3:14-26",
                "jobs.wheels.strategy.matrix.os.0=macos-14 8:14-22",
                "jobs.wheels.strategy.matrix.os.1=é 8:24-25",
                "jobs.wheels.steps.0.uses=a/b@v1 10:15-21",
                "jobs.wheels.steps.0.env.CIBW_ARCHS=x86_64 12:23-31",
            ]
        );
    }

    #[test]
    fn lines_of_a_step_set_variables() {
        let text = "jobs:\n  a:\n    steps:\n      - run: |\n          echo é\n          export CFLAGS=\"-O2 -g\"\n\
                    \x20     - env:\n          CIBW_ENVIRONMENT: A=b LDFLAGS='-lx'\n";
        let mut definition = Definition::default();
        let files = Files::of(&[(".github/workflows/ci.yml", text)]);
        workflows(&files, &mut definition);
        let set = |name: &str| {
            let found = definition
                .settings
                .iter()
                .find(|set| set.name.ends_with(name));
            found.map(|set| format!("{} {}", set.value, set.place))
        };
        assert_eq!(
            set("run.CFLAGS").as_deref(),
            Some("-O2 -g .github/workflows/ci.yml:6:26")
        );
        assert_eq!(
            set("CIBW_ENVIRONMENT.LDFLAGS").as_deref(),
            Some("-lx .github/workflows/ci.yml:8:42")
        );
    }

    #[test]
    fn damaged_yaml_is_not_read() {
        let mut definition = Definition::default();
        let files = Files::of(&[(".github/workflows/ci.yml", "a: [b\nc: {")]);
        workflows(&files, &mut definition);
        assert_eq!(definition.settings, []);
        assert_eq!(definition.unread.len(), 1);
    }
}
