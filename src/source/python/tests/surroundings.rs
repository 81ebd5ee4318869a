//! What reaches a declaration from around it: parts of texts, the environment, commands of the build, files that are made.

use super::{HEAD, of, only};
use crate::source::ExtensionModule;

/// The text and the line of each entry of a field.
fn lines_of(module: &ExtensionModule, field: &str) -> Vec<(String, Option<u32>, bool)> {
    let entries = module.entries(field);
    entries
        .map(|entry| {
            let place = entry.place.as_ref();
            (
                entry.text.clone(),
                place.and_then(|place| place.line),
                entry.certain,
            )
        })
        .collect()
}

fn without_certainty(found: &[(String, Option<u32>, bool)]) -> Vec<(&str, Option<u32>)> {
    let lines = found.iter().map(|(text, line, _)| (text.as_str(), *line));
    lines.collect()
}

#[test]
fn a_text_that_is_put_together_is_edited_at_its_last_part() {
    let module = only(
        "names = [\n    'z',\n]\nwhat = 'such'\n\
         args = [f'-l{name}' for name in names] + ['-lib%s' % name for name in names]\n\
         args += ['-fno-%s-option' % what,\n    f'-fno-{what}-option']\n\
         setup(ext_modules=[Extension('m', ['m.c'], extra_link_args=args)])\n",
        &[],
    );
    let owned = |text: &str, line| (text.to_owned(), Some(line), true);
    assert_eq!(
        lines_of(&module, "extra_link_args"),
        [
            owned("-lz", 4),
            owned("-libz", 4),
            owned("-fno-such-option", 8),
            owned("-fno-such-option", 9)
        ]
    );
}

#[test]
fn variables_that_a_script_sets_are_settings_and_are_read_back() {
    let script = format!(
        "{HEAD}os.environ['CFLAGS'] = os.environ.get('CFLAGS', '') + ' -g'\nif UNKNOWN:\n    \
         os.environ.setdefault('CC', 'clang')\nos.environ.update({{'A': 'b'}})\n\
         setup(ext_modules=[Extension('m', ['m.c'], extra_compile_args=os.environ['CFLAGS'].split())])\n"
    );
    let definition = of(&script, &[]);
    let found: Vec<String> = definition
        .settings
        .iter()
        .map(|set| format!("{}={} {} {}", set.name, set.value, set.place, set.certain))
        .collect();
    assert_eq!(
        found,
        [
            "os.environ.CFLAGS= -g setup.py:3:24 true",
            "os.environ.CC=clang setup.py:5:33 false",
            "os.environ.A=b setup.py:6:25 true"
        ]
    );
    let flags = lines_of(&definition.modules[0], "extra_compile_args");
    assert_eq!(flags[0].0, "-g");
}

#[test]
fn what_a_build_command_adds_may_be_there() {
    let module = only(
        "from setuptools.command.build_ext import build_ext\nclass Build(build_ext):\n    \
         def build_extensions(self):\n        for e in self.extensions:\n            \
         e.extra_compile_args.append('-later')\n            e.sources += ['more.c']\n        \
         super().build_extensions()\n    def build_extension(self, ext):\n        \
         ext.libraries.insert(0, 'z')\n\
         setup(cmdclass={'build_ext': Build}, ext_modules=[Extension('m', ['m.c'])])\n",
        &[],
    );
    let owned = |text: &str, line, certain| (text.to_owned(), Some(line), certain);
    assert_eq!(
        lines_of(&module, "sources"),
        [owned("m.c", 12, true), owned("more.c", 8, false)]
    );
    assert_eq!(
        lines_of(&module, "extra_compile_args"),
        [owned("-later", 7, false)]
    );
    assert_eq!(lines_of(&module, "libraries"), [owned("z", 11, false)]);
    assert!(module.certain);
}

#[test]
fn a_field_that_a_class_makes_itself_is_never_complete() {
    let module = only(
        "class Own(Extension):\n    @property\n    def include_dirs(self):\n        return self.own + [x()]\n\
         setup(ext_modules=[Own('m', ['m.c'], include_dirs=['a'])])\n",
        &[],
    );
    assert!(!module.fields["include_dirs"].complete);
    assert!(module.fields["sources"].complete);
}

#[test]
fn the_static_libraries_of_setup_are_told_beside_the_modules() {
    let script = "q = 'q'\nsetup(libraries=[(q, {'sources': ['q.c'], 'macros': []}), odd()],\n\
                  ext_modules=[Extension('m', ['m.c'])])\n";
    let definition = of(&format!("{HEAD}{script}"), &[]);
    let told = definition.targets.iter().map(|target| {
        let name = target.name.as_ref().map(|name| name.text.as_str());
        let sources = &target.fields["sources"];
        (name, super::texts(target, "sources"), sources.complete)
    });
    let expected = [
        (Some("q"), vec!["q.c".to_owned()], true),
        (None, vec![], false),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(definition.modules.len(), 1);
}

#[test]
fn a_list_to_which_its_class_adds_is_not_complete() {
    let complete = |class: &str, field: &str| {
        let script = format!(
            "from pybind11.setup_helpers import Pybind11Extension\nfrom torch.utils.cpp_extension import CUDAExtension\n\
             setup(ext_modules=[{class}('m', ['m.c'], {field}=['x'])])\n"
        );
        let module = only(&script, &[]);
        assert!(module.fields["sources"].complete);
        module.fields[field].complete
    };
    assert!(complete("Extension", "include_dirs"));
    assert!(!complete("Pybind11Extension", "include_dirs"));
    assert!(!complete("Pybind11Extension", "extra_compile_args"));
    assert!(complete("Pybind11Extension", "libraries"));
    assert!(!complete("CUDAExtension", "libraries"));
    assert!(complete("CUDAExtension", "extra_link_args"));
}

#[test]
fn a_text_is_edited_where_its_last_part_is_that_is_no_files_ending() {
    let script = "import pathlib\nname = 'av'\nkind = 'pyx'\nfiles = ['s.c']\n\
                  setup(ext_modules=[Extension(\n  f'{name}._core', [\n    'a.' + kind,\n    f'{name}.{kind}'] +\n  \
                  [os.path.normpath(os.path.join('.', x)) for x in files] + [str(p) for p in\n  \
                  pathlib.Path('src').rglob('*.c')])])\n";
    let module = only(script, &[("src/deep/x.c", "")]);
    let name = module.name.clone().expect("a name");
    let line = name.place.expect("a place").line;
    assert_eq!((&*name.text, line), ("av._core", Some(8)));
    let found = lines_of(&module, "sources");
    let lines = without_certainty(&found);
    assert_eq!(
        lines,
        [
            ("a.pyx", Some(9)),
            ("av.pyx", Some(4)),
            ("s.c", Some(6)),
            ("src/deep/x.c", Some(12))
        ]
    );
}

#[test]
fn what_is_not_there_may_have_been_made_by_the_script() {
    let made = "import subprocess\nsources = ['m.c']\nsubprocess.check_call(['./configure'])\n";
    let rest = "if os.path.exists('config.h'):\n    sources.append('x.c')\n\
                setup(ext_modules=[Extension('m', sources)])\n";
    let asked = only(rest.replace("sources)", "['m.c'])").as_str(), &[]);
    assert!(asked.fields["sources"].complete);
    let module = only(&format!("{made}{rest}"), &[]);
    assert_eq!(
        lines_of(&module, "sources"),
        [
            ("m.c".to_owned(), Some(4), true),
            ("x.c".to_owned(), Some(7), false)
        ]
    );
}

#[test]
fn a_text_takes_its_parts_by_name_from_a_dictionary_or_from_what_is_bound() {
    let script = "def cython(name, kind='pyx'):\n    \
                  return Extension('fast.%(name)s' % locals(), ['src/%(name)s.%(kind)s' % vars(), '%(a)d%%.c' % {'a': 3}])\n\
                  setup(ext_modules=[\n  cython('wrap'),\n])\n";
    let module = only(script, &[]);
    let name = module.name.clone().expect("a name");
    assert_eq!(
        (&*name.text, name.place.expect("a place").line),
        ("fast.wrap", Some(6))
    );
    let sources = lines_of(&module, "sources");
    let texts: Vec<&str> = sources.iter().map(|(text, _, _)| text.as_str()).collect();
    assert_eq!(texts, ["src/wrap.pyx", "3%.c"]);
    // What may have been added to it is not known.
    let script = "d = {'a': 'x'}\nunknown(d)\nsetup(ext_modules=[Extension('%(a)s' % d, [])])\n";
    assert_eq!(only(script, &[]).name, None);
}

#[test]
fn a_text_that_ends_with_what_is_filled_in_is_edited_there() {
    let script = "name = 'no-such-option'\nsetup(ext_modules=[Extension('a', ['a.c'],\n  \
                  extra_compile_args=['-f{}'.format(name), '-{o}-x'.format(o=name), '-g{}'.format('q')])])\n";
    let found = lines_of(&only(script, &[]), "extra_compile_args");
    let lines = without_certainty(&found);
    assert_eq!(
        lines,
        [
            ("-fno-such-option", Some(3)),
            ("-no-such-option-x", Some(5)),
            ("-gq", Some(5))
        ]
    );
}
