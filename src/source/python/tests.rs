//! Scripts as people write them, near misses, and scripts that nobody should have written.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

mod limits;
mod surroundings;

use proptest::prelude::*;

use super::read;
use crate::source::testing::on;
use crate::source::{Definition, ExtensionModule, Project, Reference, Text, Variable};

struct Files(BTreeMap<String, String>);

impl Project for Files {
    fn text(&self, path: &str) -> Text {
        match self.0.get(path) {
            Some(text) => Text::Known(text.as_str().into()),
            None => Text::Absent,
        }
    }

    fn files(&self) -> Option<Arc<[String]>> {
        Some(self.0.keys().cloned().collect())
    }

    fn variable(&self, name: &str) -> Variable {
        match name {
            "SECRET" => Variable::Kept,
            "UNKNOWN" => Variable::Unknown,
            "FLAG" => Variable::Set("1".to_owned()),
            _ => Variable::Unset,
        }
    }

    fn importable(&self, module: &str) -> Option<bool> {
        match module {
            "absent" => Some(false),
            "maybe" => None,
            _ => Some(true),
        }
    }

    fn references(&self, _: &str) -> Arc<[Reference]> {
        Arc::from([])
    }
}

fn of(script: &str, files: &[(&str, &str)]) -> Definition {
    let own = [("setup.py", script)];
    let all = own.iter().chain(files);
    let files = all
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    read(&Files(files), &on("darwin"), "setup.py").expect("a reading")
}

const HEAD: &str = "import os, sys, glob\nfrom setuptools import setup, Extension\n";

fn only(script: &str, files: &[(&str, &str)]) -> ExtensionModule {
    let definition = of(&format!("{HEAD}{script}"), files);
    let [module] = definition.modules.as_slice() else {
        panic!("not one module: {definition:#?}");
    };
    module.clone()
}

fn texts(module: &ExtensionModule, field: &str) -> Vec<String> {
    let mark = |certain: bool| if certain { "" } else { "?" };
    let entries = module.entries(field);
    entries
        .map(|entry| format!("{}{}", entry.text, mark(entry.certain)))
        .collect()
}

fn lines(module: &ExtensionModule, field: &str) -> Vec<u32> {
    let place = |entry: &crate::source::Entry| entry.place.as_ref().and_then(|place| place.line);
    module.entries(field).filter_map(place).collect()
}

#[test]
fn a_plain_declaration_has_every_word_and_its_place() {
    let module = only(
        "setup(ext_modules=[Extension('a._b', ['a.c',\n  'b.c'], libraries=['z'])])\n",
        &[],
    );
    let name = module.name.clone().expect("a name");
    assert_eq!(name.text, "a._b");
    let place = name.place.expect("a place");
    assert_eq!((place.line, place.column), (Some(3), Some(30)));
    assert_eq!(place.end_column, Some(36));
    assert_eq!(texts(&module, "sources"), ["a.c", "b.c"]);
    assert_eq!(lines(&module, "sources"), [3, 4]);
    assert_eq!(texts(&module, "libraries"), ["z"]);
    assert!(module.certain);
}

#[test]
fn any_alias_of_the_import_will_do() {
    for head in [
        "import setuptools as s\nE = s.Extension\nsetup = s.setup\n",
        "from distutils.core import Extension as E, setup\n",
        "from torch.utils.cpp_extension import CppExtension as E\nfrom setuptools import setup\n",
        "import torch.utils.cpp_extension as t\nfrom setuptools import setup\nE = t.CUDAExtension\n",
        "from setuptools import setup\nfrom pybind11.setup_helpers import Pybind11Extension\nE = Pybind11Extension\n",
        "from setuptools import *\nE = Extension\n",
    ] {
        let definition = of(
            &format!("{head}setup(ext_modules=[E('m', ['m.c'])])\n"),
            &[],
        );
        assert_eq!(definition.modules.len(), 1, "{head}");
    }
}

#[test]
fn lists_grow_where_they_are_changed() {
    let module = only(
        "args = ['-O2']\nargs += ['-g']\nargs.append('-Wall')\nargs.extend(('-a', '-b'))\nmore = args + ['-c'] * 2\n\
         args.insert(0, '-first')\nmore.remove('-g')\nsetup(ext_modules=[Extension('m', [], extra_compile_args=more)])\n",
        &[],
    );
    assert_eq!(
        texts(&module, "extra_compile_args"),
        ["-O2", "-Wall", "-a", "-b", "-c", "-c"]
    );
    assert_eq!(lines(&module, "extra_compile_args"), [3, 5, 6, 6, 7, 7]);
}

#[test]
fn branches_on_the_platform_are_decided_and_others_are_doubted() {
    let script = "flags = []\nif sys.platform == 'darwin':\n    flags += ['-mac']\nelif sys.platform.startswith('win'):\n    \
         flags += ['/win']\nelse:\n    flags += ['-other']\nif os.getenv('FLAG') == '1':\n    flags += ['-set']\n\
         if 'NOPE' in os.environ:\n    flags += ['-unset']\nif os.environ.get('SECRET'):\n    flags += ['-secret']\n\
         setup(ext_modules=[Extension('m', [], extra_link_args=flags)])\n";
    let module = only(script, &[]);
    assert_eq!(
        texts(&module, "extra_link_args"),
        ["-mac", "-set", "-secret?"]
    );
    assert!(module.certain);
}

#[test]
fn what_only_one_way_declares_is_no_certain_module() {
    let script = format!(
        "{HEAD}import maybe\nmods = [Extension('a', ['a.c'])]\nif maybe.works():\n    mods.append(Extension('b', ['b.c']))\n\
         setup(ext_modules=mods)\n"
    );
    let definition = of(&script, &[]);
    let found: Vec<_> = definition
        .modules
        .iter()
        .map(|module| (module.name.clone().expect("a name").text, module.certain))
        .collect();
    assert_eq!(found, [("a".to_owned(), true), ("b".to_owned(), false)]);
}

#[test]
fn loops_helpers_and_globs_are_followed() {
    let script = "ROOT = os.path.dirname(os.path.abspath(__file__))\ndef source(name, kind='c'):\n    \
         return os.path.join('src', f'{name}.{kind}')\ndef ext(name, **kw):\n    return Extension('p.' + name, \
         [source(name)] + sorted(glob.glob('src/gen/*.c')), **kw)\nmods = [ext(n, libraries=['m']) for n in ['a']]\n\
         for m in mods:\n    m.include_dirs = [ROOT + '/inc']\n    m.extra_compile_args += ['-x']\nsetup(ext_modules=mods)\n";
    let module = only(
        script,
        &[
            ("src/gen/2.c", ""),
            ("src/gen/1.c", ""),
            ("src/gen/x.h", ""),
        ],
    );
    assert_eq!(module.name.clone().expect("a name").text, "p.a");
    assert_eq!(
        texts(&module, "sources"),
        ["src/a.c", "src/gen/1.c", "src/gen/2.c"]
    );
    assert_eq!(texts(&module, "include_dirs"), ["/p/inc"]);
    assert_eq!(texts(&module, "extra_compile_args"), ["-x"]);
    assert_eq!(texts(&module, "libraries"), ["m"]);
}

#[test]
fn classes_of_the_script_and_splats_are_followed() {
    let script = "class CMakeExtension(Extension):\n    def __init__(self, name, sourcedir=''):\n        \
         super().__init__(name, sources=[])\n        self.sourcedir = os.path.abspath(sourcedir)\n\
         kw = dict(ext_modules=[CMakeExtension('pkg.core')])\nkw.update(zip_safe=False)\nsetup(name='x', **kw)\n";
    let module = only(script, &[]);
    assert_eq!(module.name.clone().expect("a name").text, "pkg.core");
    assert_eq!(module.callee, "CMakeExtension");
}

#[test]
fn absent_modules_lead_into_their_handlers() {
    let script = "try:\n    import absent\n    end = '.pyx'\nexcept ImportError:\n    end = '.c'\ntry:\n    \
         import there\nexcept ImportError:\n    end = '.never'\nsetup(ext_modules=[Extension('m', ['m' + end])])\n";
    assert_eq!(texts(&only(script, &[]), "sources"), ["m.c"]);
    let doubted = script.replace("absent", "maybe");
    assert_eq!(texts(&only(&doubted, &[]), "sources"), ["m.c?", "m.pyx?"]);
}

#[test]
fn modules_of_the_project_are_followed_and_places_are_in_their_files() {
    let module = only(
        "from build_args import args\nsetup(ext_modules=[Extension('m', ['m.c'], extra_compile_args=args())])\n",
        &[(
            "build_args.py",
            "def args():\n    return ['-arch', 'x86_64']\n",
        )],
    );
    let place = module.entries("extra_compile_args").last();
    let place = place
        .and_then(|entry| entry.place.clone())
        .expect("a place");
    assert_eq!(place.to_string(), "build_args.py:2:22");
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let module = only(
        "import subprocess\nflags = ['-a'] + subprocess.check_output(['x']).split()\nsources = ['m.c']\n\
         subprocess.mangle(sources)\nsetup(ext_modules=[Extension('m', sources, extra_compile_args=flags)])\n",
        &[],
    );
    assert_eq!(texts(&module, "extra_compile_args"), ["-a"]);
    assert!(!module.fields["extra_compile_args"].complete);
    assert!(!module.fields["sources"].complete);
    let nameless = of(
        &format!("{HEAD}setup(ext_modules=[Extension(input(), ['m.c'])])\n"),
        &[],
    );
    assert!(
        nameless
            .modules
            .iter()
            .all(|module| module.name.is_none() && !module.certain)
    );
}

#[test]
fn words_that_only_look_like_declarations_are_none() {
    for script in [
        "\"\"\"setup(ext_modules=[Extension('m', ['m.c'])])\"\"\"\nsetup()\n",
        "# Extension('m', ['m.c'])\nsetup(name='Extension')\n",
        "if False:\n    m = Extension('m', ['m.c'])\nsetup(ext_modules=[])\n",
        "def never():\n    return Extension('m', ['m.c'])\nsetup(ext_modules=[])\n",
    ] {
        let definition = of(&format!("{HEAD}{script}"), &[]);
        assert_eq!(definition.modules, [], "{script}");
    }
}

/// Scripts that cost, or crash, whoever takes them at their word.
fn hostile() -> Vec<(&'static str, String)> {
    let mut doubling = "x = 'ab'\n".to_owned();
    for _ in 0..64 {
        doubling.push_str("x = f'{x}{x}'\ny = [x, x] * 9\n");
    }
    let mut branches = format!("{HEAD}import maybe\nflags = []\n");
    for at in 0..3_000 {
        let _infallible = writeln!(branches, "if maybe.x{at}():\n    flags.append('-f{at}')");
    }
    vec![
        ("brackets", "[".repeat(200_000)),
        ("nested", format!("x = {}1{}", "(".repeat(50_000), ")".repeat(50_000))),
        ("lambdas", format!("x = {}1", "lambda: ".repeat(20_000))),
        ("sums", format!("x = {}1", "1 + ".repeat(100_000))),
        ("ifs", (0..2_000).map(|at| format!("{}if x:\n", " ".repeat(at))).collect()),
        ("elifs", format!("if a: pass\n{}", "elif b: pass\n".repeat(50_000))),
        ("huge list", "x = ['x'] * 10**9\ny = ['x'] * 1000000000\nz = 'x' * 1000000000\n".to_owned()),
        ("doubling", doubling),
        ("recursion", "def f(x):\n    return f(x) + f(x)\nf(1)\n".to_owned()),
        ("classes", "class A(A): pass\nclass A(A): x = A\nA.y\n".repeat(500)),
        ("endless", "while True:\n    x = 1\nwhile x: pass\n".to_owned()),
        ("loops", "for a in range(10000):\n  for b in range(10000):\n    for c in range(10000): x = a\n".to_owned()),
        ("branches", branches),
        ("product", "from itertools import product\nx = list(product(*[range(10000)] * 50))\n".to_owned()),
        ("itself", "import setup\nfrom setup import *\n".to_owned()),
        ("tabs", "\tif x:\n \t y\n\t\tz\n".repeat(1_000)),
        ("quotes", "'''".repeat(99_999)),
        ("escapes", format!("x = '{}'", "\\".repeat(99_999))),
        ("braces", format!("x = f'{}'", "{".repeat(9_999))),
        ("nothing", "\0\u{feff}\u{202e}".repeat(1_000)),
        ("percent", "x = '%s' * 1000 % ('a' * 60000)\ny = '{0}{0}{0}'.format('a' * 60000)\n".to_owned()),
        ("slices", "x = 'abc'[::-1][9223372036854775807:-9223372036854775808:0]\ny = [1][-9223372036854775808]\n".to_owned()),
    ]
}

#[test]
fn hostile_scripts_end_and_end_in_unknown() {
    // The budget is counted in steps, so that it ends at the same step on any machine.
    for (name, script) in hostile() {
        let definition = of(&script, &[]);
        assert!(
            definition.modules.iter().all(|module| !module.certain),
            "{name}"
        );
    }
}

#[test]
fn a_script_of_ten_megabytes_is_not_read() {
    let definition = of(&"x = 1\n".repeat(1_700_000), &[]);
    assert!(!definition.complete);
    assert_eq!(
        definition.unread,
        ["`setup.py` is larger than half a megabyte"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,400}") {
        of(&text, &[]);
    }

    #[test]
    fn no_order_of_pythons_words_makes_it_panic(
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "x", "y", " = ", " += ", "[", "]", "(", ")", "{", "}", ":", "\n", "\n    ", "if ", "else:", "for ", " in ",
                "def f(*a, **k):", "class A(Extension):", "return ", "yield ", "try:", "except E as e:", "import os",
                "from a import *", "lambda q: ", "'s'", "f'{x}'", "1", "-", "**", "*", ".", ",", "setup(", "Extension(",
                "ext_modules=", "os.path.join", "glob.glob", "raise", "break", "with a as b:", "global x", "del x",
                "x[1:2]", "not ", " and ", " == ", "None", "True",
            ]),
            0..80,
        )
    ) {
        of(&format!("{HEAD}{}", words.concat()), &[]);
    }
}
