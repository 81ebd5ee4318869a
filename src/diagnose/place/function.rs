//! Functions that no library has: the source that is left out, or the line that uses one.

use super::declared::certain;
use super::objects::Used;
use super::{Finder, Located};
use crate::diagnose::reconcile::ALSO_MISSING;
use crate::diagnosis::{Diagnosis, Source};
use crate::rules::SymbolName;
use crate::source::{Entry, ExtensionModule, Use, is_compiled, uses};

/// Files that are searched for a name.
pub(super) const SEARCHED: usize = 400;
/// Other symbols of one cause that are looked for.
const OTHERS: usize = 64;
/// Uses that are listed.
const USES: usize = 3;

impl Finder<'_> {
    /// The list of sources that leaves out the file which defines a symbol; else the use of the symbol.
    pub(super) fn function(&self, cause: &Diagnosis, symbol: &str) -> Option<Located> {
        let readable = cause.facts.get("demangled").cloned();
        let macho =
            symbol.starts_with("__Z") || self.scene.modules.iter().any(|module| module.is_macho());
        let readable = readable
            .or_else(|| SymbolName::new(symbol, macho).demangled())
            .unwrap_or_else(|| {
                symbol
                    .strip_prefix('_')
                    .filter(|_| macho)
                    .unwrap_or(symbol)
                    .to_owned()
            });
        let function = function_name(&readable);
        let shown = function.clone().unwrap_or_else(|| symbol.to_owned());
        let modules = self.declarations(cause);
        let sources: Vec<String> = modules
            .iter()
            .flat_map(|module| module.entries("sources"))
            .filter_map(|entry| self.inside(&entry.text))
            .collect();
        let mut used = self.references(symbol, function.as_deref(), &sources);
        if let Some(function) = &function
            && used.is_empty()
        {
            used = self.mentions(&sources, function);
        }
        // What a file of the link defines is compiled and was there: then no list leaves it out.
        let is_linked = self
            .project
            .inputs(symbol)
            .iter()
            .any(|input| input.defines);
        let elsewhere = self.compiled_elsewhere(&modules).filter(|_| !is_linked);
        let left_out = function
            .as_deref()
            .zip(elsewhere.as_deref())
            .map(|(function, elsewhere)| self.left_out(&sources, elsewhere, function));
        if let (Some([definition]), [module]) = (left_out.as_deref(), modules.as_slice())
            && let Some(field) = module.fields.get("sources").filter(|field| field.complete)
        {
            let place = match field.entries.as_slice() {
                // What a pattern or a loop gives is edited as a whole.
                [only] if is_written(only) => certain(only),
                _ => field.place.clone(),
            };
            let compiled = elsewhere.as_deref().unwrap_or_default();
            let (more, elsewhere) =
                self.others_left_out(cause, (&sources, compiled), &definition.file);
            let more = match more {
                0 => String::new(),
                count => format!(" and {count} more of what is missing"),
            };
            let label = format!(
                "`{}`, which defines `{shown}`{more}, is not among these",
                definition.file
            );
            let mut located = Located::at(place?, label);
            for other in elsewhere {
                located = located.with(
                    Some(other.likely()),
                    "defined here, and not among them either",
                );
            }
            for used in used.into_iter().take(USES) {
                located = located.with(Some(used.place), "used here");
            }
            located.left_out = Some(definition.file.clone());
            return Some(located.with(Some(definition.clone().likely()), "defined here"));
        }
        let Some((first, rest)) = used.split_first() else {
            return self.linked_member(cause, symbol, &shown);
        };
        let label = match &first.around {
            Some(around) => format!("uses `{shown}` in `{around}`"),
            None => format!("uses `{shown}`"),
        };
        let mut located = Located::at(first.place.clone(), label);
        for used in rest.iter().take(USES) {
            located = located.with(Some(used.place.clone()), "and here");
        }
        Some(located)
    }

    /// The entry that links an archive whose members alone use a symbol, and whose sources are not the project's.
    fn linked_member(&self, cause: &Diagnosis, symbol: &str, shown: &str) -> Option<Located> {
        let references = self.project.references(symbol);
        let mut members = references
            .iter()
            .map(|reference| reference.member.as_deref());
        let (archive, member) = members.next()??.strip_suffix(')')?.rsplit_once('(')?;
        let is_of_it = |other: Option<&str>| {
            other.is_some_and(|other| other.split('(').next() == Some(archive))
        };
        members.all(is_of_it).then_some(())?;
        let mut located = self.library(cause, archive)?;
        located.label = format!("links `{archive}`, whose `{member}` uses `{shown}`");
        Some(located)
    }

    /// Of the other symbols that are missing: how many the same file defines, and where further files that are left out
    /// define one.
    fn others_left_out(
        &self,
        cause: &Diagnosis,
        (sources, compiled): (&[String], &[String]),
        file: &str,
    ) -> (usize, Vec<Source>) {
        let lists = cause.evidence.iter();
        let others = lists
            .filter(|evidence| evidence.source == ALSO_MISSING)
            .flat_map(|evidence| evidence.text.lines());
        let (mut same, mut elsewhere) = (0, Vec::<Source>::new());
        for symbol in others.take(OTHERS) {
            let macho = self.scene.modules.iter().any(|module| module.is_macho());
            let plain = symbol.strip_prefix('_').filter(|_| macho).unwrap_or(symbol);
            let readable = SymbolName::new(symbol, macho).demangled();
            let name = function_name(readable.as_deref().unwrap_or(plain));
            let defined = name.map(|name| self.left_out(sources, compiled, &name));
            match defined.as_deref() {
                Some([only]) if only.file == file => same += 1,
                Some([only]) if !elsewhere.iter().any(|known| known.file == only.file) => {
                    elsewhere.push(only.clone());
                }
                _ => {}
            }
        }
        (same, elsewhere)
    }

    fn mentions(&self, sources: &[String], function: &str) -> Vec<Used> {
        let mut found = Vec::new();
        for path in sources.iter().take(SEARCHED) {
            let text = self.project.text(path);
            let Some(text) = text.known() else { continue };
            let mentioned = uses(path, text, function).into_iter();
            found.extend(
                mentioned
                    .filter(|(kind, _)| *kind == Use::Call)
                    .map(|(_, place)| Used {
                        place: place.likely(),
                        around: None,
                    }),
            );
        }
        found
    }

    /// Sources of libraries that the project builds besides: what they define is compiled, and is missing because it is
    /// not linked. `None` where one has sources that are not known.
    fn compiled_elsewhere(&self, own: &[&ExtensionModule]) -> Option<Vec<String>> {
        let targets = self.definition().targets.iter();
        let others =
            targets.filter(|target| !own.iter().any(|module| std::ptr::eq(*module, *target)));
        let mut found = Vec::new();
        for field in others.filter_map(|target| target.fields.get("sources")) {
            if !field.complete {
                return None;
            }
            // A target of a directory below names its sources from there.
            let paths = field
                .entries
                .iter()
                .map(|entry| entry.text.rsplit("./").next());
            found.extend(paths.flatten().map(|path| format!("/{path}")));
        }
        Some(found)
    }

    /// Definitions in sources of the project that are not compiled: neither among these nor at the end of `compiled`.
    fn left_out(&self, sources: &[String], compiled: &[String], function: &str) -> Vec<Source> {
        let Some(files) = self.project.files() else {
            return Vec::new();
        };
        let is_known = |path: &String| {
            let whole = format!("/{path}");
            sources.contains(path) || compiled.iter().any(|known| whole.ends_with(known.as_str()))
        };
        let others = files
            .iter()
            .filter(|path| is_compiled(path) && !is_known(path) && !is_aside(path, sources));
        self.defined_in(others.map(String::as_str), function)
    }

    /// Where these files of the project define a function for others, too.
    pub(super) fn defined_in<'p>(
        &self,
        paths: impl Iterator<Item = &'p str>,
        function: &str,
    ) -> Vec<Source> {
        let mut found = Vec::new();
        for path in paths.take(SEARCHED) {
            let text = self.project.text(path);
            let Some(text) = text.known() else { continue };
            let defined = uses(path, text, function).into_iter();
            let defined = defined.filter(|(kind, _)| *kind == Use::Definition);
            found.extend(defined.map(|(_, place)| place));
        }
        found
    }

    /// A path that a declaration names, relative to the project.
    pub(super) fn inside(&self, path: &str) -> Option<String> {
        let root = format!(
            "{}/",
            self.scene.facts.project_directory.trim_end_matches('/')
        );
        let path = path
            .strip_prefix(&root)
            .unwrap_or(path)
            .trim_start_matches("./");
        (!path.starts_with('/') && !path.starts_with("..")).then(|| path.to_owned())
    }
}

/// The file's name stands at its place.
fn is_written(entry: &Entry) -> bool {
    let name = entry.text.rsplit('/').next().unwrap_or_default();
    let place = entry.place.as_ref();
    let excerpt = place.and_then(|place| place.excerpt.as_ref());
    excerpt.is_some_and(|excerpt| excerpt.lines.iter().any(|line| line.contains(name)))
}

/// Beside what is built: a test's stand-in or an example defines for itself what the library has elsewhere.
fn is_aside(path: &str, sources: &[String]) -> bool {
    const ASIDE: [&str; 10] = [
        "test",
        "tests",
        "testing",
        "example",
        "examples",
        "bench",
        "benchmark",
        "benchmarks",
        "doc",
        "docs",
    ];
    let Some((directory, _)) = path.rsplit_once('/') else {
        return false;
    };
    let beside = sources.iter().any(|source| {
        source
            .rsplit_once('/')
            .is_some_and(|(own, _)| own == directory)
    });
    !beside && directory.split('/').any(|part| ASIDE.contains(&part))
}

/// `kernel::scale(double, double)` is about `kernel::scale`; of operators and templates nothing is searched.
pub(super) fn function_name(readable: &str) -> Option<String> {
    let name = readable.split('(').next()?.trim();
    let name = name.rsplit(' ').next()?;
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    (!name.is_empty() && name.chars().all(plain) && !name.contains("operator"))
        .then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::function_name;

    #[test]
    fn only_plain_functions_are_searched() {
        assert_eq!(
            function_name("kernel::scale(double, double)").as_deref(),
            Some("kernel::scale")
        );
        assert_eq!(function_name("scale").as_deref(), Some("scale"));
        assert_eq!(function_name("void f<int>(int)"), None);
        assert_eq!(function_name("a::operator+(a, a)"), None);
    }
}
