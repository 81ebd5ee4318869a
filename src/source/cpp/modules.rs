//! Module functions that sources define: by name, by the macros of the binding libraries and by the project's own. And
//! the libraries of operators, which define none.

use std::collections::BTreeMap;

use super::macros::{Macro, Macros, Meaning, arguments, definitions};
use super::{LONGEST, code, follows_body, is_of_word, place, words};
use crate::diagnosis::Source;
use crate::source::span::TextFile;

/// Names to which one definition may come.
pub(super) const NAMES: usize = 8;
/// Macros within macros, and words of macros that are looked at for one file.
const DEPTH: u32 = 4;
const WORDS: u32 = 200_000;
/// Macros whose first argument, itself a macro perhaps, is the name of a Python module that they define.
const MODULES: [&str; 5] = [
    "PYBIND11_MODULE",
    "PYBIND11_PLUGIN",
    "NB_MODULE",
    "BOOST_PYTHON_MODULE",
    "TORCH_PYTHON_MODULE",
];
/// Macros that register operators with torch in the initialisers of a library, in any file of it.
const OPERATORS: [&str; 6] = [
    "TORCH_LIBRARY",
    "TORCH_LIBRARY_FRAGMENT",
    "TORCH_LIBRARY_IMPL",
    "STABLE_TORCH_LIBRARY",
    "STABLE_TORCH_LIBRARY_FRAGMENT",
    "STABLE_TORCH_LIBRARY_IMPL",
];

/// A module function that a source defines, or one of those that it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDefinition {
    /// The module's name, without `PyInit_`: what its macros make of what is written.
    pub name: String,
    /// Where what is written stands.
    pub place: Source,
    /// The macro that gives the name, and where it is defined, where that is known.
    pub by_macro: Option<(String, Source)>,
}

/// Every module function in a source, by the macros that hold in it.
pub fn module_definitions(path: &str, text: &str, macros: &Macros) -> Vec<ModuleDefinition> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let code = without_macros(&code(text));
    let file = TextFile::new(path, text);
    let own = defining(macros);
    let mut found = Vec::new();
    for (word, start) in words(&code) {
        let end = start + word.len();
        let written = if let Some(name) = word.strip_prefix("PyInit_") {
            let named = !name.is_empty() && is_called(&code, end) && follows_body(&code, end);
            named.then(|| (word, start, vec![itself(name)]))
        } else if word == "PyMODINIT_FUNC" {
            declared(&code, end, macros)
        } else {
            by_macro(&code, (own.get(word), end), macros)
        };
        let Some((text, at, names)) = written else {
            continue;
        };
        for Meaning { name, defined } in names {
            found.push(ModuleDefinition {
                name,
                place: place(&file, at, at + text.len()),
                by_macro: defined.map(|place| (text.to_owned(), place)),
            });
        }
    }
    found
}

/// Where a source registers operators with torch.
pub fn operator_libraries(path: &str, text: &str) -> Vec<Source> {
    if text.len() > LONGEST || !text.contains("TORCH_LIBRARY") {
        return Vec::new();
    }
    let code = without_macros(&code(text));
    let file = TextFile::new(path, text);
    let found = words(&code)
        .filter(|(word, start)| OPERATORS.contains(word) && is_called(&code, start + word.len()));
    found
        .map(|(word, start)| place(&file, start, start + word.len()))
        .collect()
}

/// Does a source hold a module function, under a name that cannot be told perhaps? Also where a macro that is not known
/// here is called like those that define one.
pub fn speaks_of_modules(text: &str) -> bool {
    let code = without_macros(&code(text));
    text.len() > LONGEST
        || words(&code).any(|(word, start)| {
            word.starts_with("PyInit_")
                || word == "PyMODINIT_FUNC"
                || word.contains("MODULE") && is_called(&code, start + word.len())
        })
}

/// The code, with the definitions of macros blanked out.
fn without_macros(code: &str) -> String {
    let mut bytes = code.as_bytes().to_vec();
    for (start, end) in definitions(code) {
        for byte in bytes.get_mut(start..end).unwrap_or_default() {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn itself(name: &str) -> Meaning {
    Meaning {
        name: name.to_owned(),
        defined: None,
    }
}

fn is_called(code: &str, end: usize) -> bool {
    let rest = code.get(end..).unwrap_or_default();
    rest.trim_start().starts_with('(')
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_word)
}

/// What is written, the byte at which it begins, and the names of modules to which it comes.
type Written<'c> = (&'c str, usize, Vec<Meaning>);

/// `PyMODINIT_FUNC NAME(void) {`, `PyMODINIT_FUNC JOIN(PyInit_, NAME)(void) {`.
fn declared<'c>(code: &'c str, end: usize, macros: &Macros) -> Option<Written<'c>> {
    let rest = code.get(end..)?;
    let at = end + rest.len() - rest.trim_start().len();
    let rest = code.get(at..)?;
    let word = rest.get(..rest.find(|c| !is_of_word(c))?)?;
    let behind = at + word.len();
    if word.is_empty() || word.starts_with("PyInit_") {
        return None;
    }
    let (given, close) = arguments(code, behind)?;
    if let [("PyInit_", _), (name, start)] = given.as_slice()
        && is_name(name)
        && is_called(code, close)
    {
        // `a ## b` takes what is written; what hands it on to another macro, what that comes to.
        let pastes = macros.of(word).iter().any(|it| it.body.contains("##"));
        let names = match pastes {
            true => vec![itself(name)],
            false => macros.meanings(name),
        };
        return Some((name, *start, names));
    }
    let names = macros.meanings(word).into_iter().filter_map(|meaning| {
        let name = meaning.name.strip_prefix("PyInit_")?.to_owned();
        (!name.is_empty()).then_some(Meaning { name, ..meaning })
    });
    let names: Vec<Meaning> = names.collect();
    (!names.is_empty() && follows_body(code, behind)).then_some((word, at, names))
}

/// `PYBIND11_MODULE(NAME, m)`, and macros of the project that do the like.
fn by_macro<'c>(
    code: &'c str,
    (defines, end): (Option<&Defines>, usize),
    macros: &Macros,
) -> Option<Written<'c>> {
    let defines = defines?;
    let (given, close) = arguments(code, end)?;
    let (name, start) = *given.get(defines.argument)?;
    // `MOD_INIT(name);` announces it, unless the macro has the body in itself.
    let announced = code.get(close..)?.trim_start().starts_with(';') && !defines.has_body;
    if !is_name(name) || announced {
        return None;
    }
    let names = match defines.is_expanded {
        true => macros.meanings(name),
        false => vec![itself(name)],
    };
    Some((name, start, names))
}

/// How a macro makes a module function of an argument.
#[derive(Clone, Copy)]
struct Defines {
    argument: usize,
    /// A macro that is given is replaced first: it is not pasted as it is written.
    is_expanded: bool,
    has_body: bool,
}

/// The macros that define a module: those of the libraries, and the project's own.
fn defining(macros: &Macros) -> BTreeMap<&str, Defines> {
    let mut left = WORDS;
    let own = macros.all().filter_map(|(name, definition)| {
        let defines = defines(definition, macros, DEPTH, &mut left)?;
        Some((name, defines))
    });
    let mut found: BTreeMap<&str, Defines> = own.collect();
    found.extend(MODULES.map(|name| (name, FIRST)));
    found
}

const FIRST: Defines = Defines {
    argument: 0,
    is_expanded: true,
    has_body: true,
};

/// `#define MOD_INIT(name) PyMODINIT_FUNC PyInit_##name(void)`, or one that hands its parameter on to such a one.
fn defines(definition: &Macro, macros: &Macros, depth: u32, left: &mut u32) -> Option<Defines> {
    let parameters = definition.parameters.as_ref()?;
    let body = definition.body.as_str();
    let number = |name: &str| parameters.iter().position(|it| it == name);
    let has_body = body.contains('{');
    for (word, start) in words(body) {
        *left = left.checked_sub(1)?;
        let end = start + word.len();
        if word == "PyInit_" {
            let rest = body.get(end..)?.trim_start();
            let pasted = rest.strip_prefix("##");
            let name = pasted.or_else(|| rest.strip_prefix(','))?.trim_start();
            return Some(Defines {
                argument: number(name.split(|c| !is_of_word(c)).next()?)?,
                is_expanded: pasted.is_none(),
                has_body,
            });
        }
        let known = if depth > 0 { macros.of(word) } else { &[] };
        let inner = match MODULES.contains(&word) {
            true => Some(FIRST),
            false => known
                .iter()
                .find_map(|it| defines(it, macros, depth - 1, left)),
        };
        let Some(inner) = inner else { continue };
        let (given, _) = arguments(body, end)?;
        let (name, _) = given.get(inner.argument)?;
        return Some(Defines {
            argument: number(name)?,
            is_expanded: true,
            has_body: has_body || inner.has_body,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, told: &[&str]) -> Vec<(String, String)> {
        let mut macros = Macros::default();
        macros.read("a.cpp", text);
        told.iter().for_each(|word| macros.define(word, None));
        let found = module_definitions("a.cpp", text, &macros).into_iter();
        found.map(|it| (it.name, it.place.to_string())).collect()
    }

    fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
        pairs
            .map(|(name, place)| (name.to_owned(), place.to_owned()))
            .to_vec()
    }

    #[test]
    fn module_functions_are_found_by_their_macros_and_by_name() {
        let text = "// PYBIND11_MODULE(no, m)\n#define PYBIND11_MODULE(name, m)\nPYBIND11_MODULE(_C, m) {}\n\
                    PyMODINIT_FUNC PyInit_other(void)\n{ return 0; }\nextern PyObject *PyInit_declared(void);\n\
                    const char *s = \"PYBIND11_MODULE(no, m)\";\nPYBIND11_MODULE( TORCH_EXTENSION_NAME , m) {}\n";
        let expected = [
            ("_C", "a.cpp:3:17"),
            ("other", "a.cpp:4:16"),
            ("TORCH_EXTENSION_NAME", "a.cpp:8:18"),
        ];
        assert_eq!(found(text, &[]), owned(expected));
    }

    #[test]
    fn a_name_that_a_macro_gives_is_what_the_macro_says() {
        let module = "NB_MODULE(NAME, m) {}\n";
        assert_eq!(
            found(module, &["NAME=_told"]),
            owned([("_told", "a.cpp:1:11")])
        );
        let text = format!("#define OTHER _C\n#define NAME OTHER\n{module}");
        assert_eq!(found(&text, &[]), owned([("_C", "a.cpp:3:11")]));
        // Which of two holds is for others to say; a text is no name.
        let text = format!("#if X\n#define NAME a\n#else\n#define NAME b\n#endif\n{module}");
        assert_eq!(
            found(&text, &[]),
            owned([("a", "a.cpp:6:11"), ("b", "a.cpp:6:11")])
        );
        assert_eq!(
            found(&format!("#define NAME JOIN(a, b)\n{module}"), &[]),
            []
        );
        assert_eq!(found(&format!("#define NAME NAME\n{module}"), &[]), []);
    }

    #[test]
    fn a_macro_of_the_project_that_makes_the_function_is_followed() {
        let init = "#if PY3\n#define MOD_INIT(name) PyMODINIT_FUNC PyInit_##name(void)\n#else\n\
                    #define MOD_INIT(name) void init##name(void)\n#endif\n#define NAME _C\n";
        let text = format!("{init}MOD_INIT(first);\nMOD_INIT(first)\n{{ return 0; }}\n");
        assert_eq!(found(&text, &[]), owned([("first", "a.cpp:8:10")]));
        // `##` takes the word as it is written; one macro more, and it is replaced before.
        let text = format!("{init}MOD_INIT(NAME) {{}}\n");
        assert_eq!(found(&text, &[]), owned([("NAME", "a.cpp:7:10")]));
        let text = format!("{init}#define INIT(n) \\\n  MOD_INIT(n)\nINIT(NAME) {{}}\n");
        assert_eq!(found(&text, &[]), owned([("_C", "a.cpp:9:6")]));
        let text = "#define M(n) PYBIND11_MODULE(n, m)\nM(_C) {}\n";
        assert_eq!(found(text, &[]), owned([("_C", "a.cpp:2:3")]));
    }

    #[test]
    fn a_function_whose_whole_name_is_a_macro_is_found() {
        let text = "PyMODINIT_FUNC INIT(void) { }\nPyMODINIT_FUNC JOIN(PyInit_, NAME)(void)\n{ }\n";
        let given = ["INIT=PyInit_a", "NAME=b"];
        let both = owned([("a", "a.cpp:1:16"), ("b", "a.cpp:2:30")]);
        assert_eq!(found(text, &given), both);
        let pasted = format!("#define JOIN(a, b) a##b\n{text}");
        let both = owned([("a", "a.cpp:2:16"), ("NAME", "a.cpp:3:30")]);
        assert_eq!(found(&pasted, &given), both);
        assert_eq!(found("PyMODINIT_FUNC init(void) { }\n", &[]), []);
    }

    #[test]
    fn a_registration_of_operators_is_no_module() {
        let text =
            "#define TORCH_LIBRARY(a, b)\n// TORCH_LIBRARY(x, m)\nTORCH_LIBRARY(ops, m) {}\n";
        assert_eq!(found(text, &[]), []);
        let places: Vec<String> = operator_libraries("a.cpp", text)
            .iter()
            .map(Source::to_string)
            .collect();
        assert_eq!(places, ["a.cpp:3:1"]);
    }

    #[test]
    fn macros_that_call_one_another_cost_bounded_steps() {
        let line = |number: usize| {
            let calls: String = (0..60).map(|other| format!("M{other}(n) ")).collect();
            format!("#define M{number}(n) {calls}\n")
        };
        let text: String = (0..60).map(line).collect();
        let mut macros = Macros::default();
        macros.read("a.cpp", &text);
        let mut left = WORDS;
        let all = macros
            .all()
            .filter_map(|(_, it)| defines(it, &macros, DEPTH, &mut left));
        assert_eq!(all.count(), 0);
        assert_eq!(left, 0);
    }
}
