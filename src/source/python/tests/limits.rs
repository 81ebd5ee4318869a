//! Where following ends: what is beyond is said to be unknown, and costs no memory before it is.

use super::{HEAD, of, only, texts};

#[test]
fn a_text_that_would_grow_out_of_all_bounds_is_not_made() {
    // Each line would multiply the text by 60,000.
    let grow = "x = x.replace('a', 'a' * 60000)\n".repeat(20);
    let module = only(
        &format!("x = 'a' * 60000\n{grow}setup(ext_modules=[Extension(x, ['a.c'])])\n"),
        &[],
    );
    assert_eq!(module.name, None);
    let module = only(
        "x = 'a-b'.replace('-', '_').replace('', '.')\nsetup(ext_modules=[Extension(x, ['a.c'])])\n",
        &[],
    );
    assert_eq!(module.name.expect("a name").text, ".a._.b.");
}

#[test]
fn a_number_that_does_not_fit_is_unknown_and_not_another_one() {
    for number in [
        "2**62 * 4",
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
    ] {
        let script = format!("n = {number}\nsetup(ext_modules=[Extension(f'a{{n}}', ['a.c'])])\n");
        assert_eq!(only(&script, &[]).name, None, "{number}");
    }
}

#[test]
fn a_list_of_which_not_all_is_reported_is_not_complete() {
    let script = |count: usize| {
        format!("setup(ext_modules=[Extension('a', ['%d.c' % i for i in range({count})])])\n")
    };
    let all = only(&script(5_000), &[]);
    assert!(all.fields["sources"].complete);
    let more = only(&script(5_001), &[]);
    assert_eq!(texts(&more, "sources").len(), 5_000);
    assert!(!more.fields["sources"].complete);
}

#[test]
fn more_modules_than_are_reported_are_not_all() {
    let script = "E = []\nfor i in range(9000):\n    E.append(Extension(f'a{i}', ['a.c']))\nsetup(ext_modules=E)\n";
    let definition = of(&format!("{HEAD}{script}"), &[]);
    assert_eq!(definition.modules.len(), 2_000);
    assert!(!definition.complete);
}

#[test]
fn a_file_that_python_refuses_declares_nothing() {
    let definition = of(
        &format!("{HEAD}x = '\0'\nsetup(ext_modules=[Extension('a', ['a.c'])])\n"),
        &[],
    );
    assert_eq!(definition.modules, []);
    assert!(!definition.complete);
    assert_eq!(definition.unread, ["`setup.py` holds a zero byte"]);
}

#[test]
fn of_two_declarations_of_one_module_no_word_is_certain() {
    let script = "import torch\n\
                  if torch.has_cuda:\n    e = Extension('a', ['a.c', 'b.cu'], libraries=['z'])\n\
                  else:\n    e = Extension('a', ['a.c'], libraries=['z'])\n\
                  setup(ext_modules=[e])\n";
    let definition = of(&format!("{HEAD}{script}"), &[]);
    let told: Vec<_> = definition
        .modules
        .iter()
        .map(|it| (it.certain, texts(it, "libraries")))
        .collect();
    let doubted = (false, vec!["z?".to_owned()]);
    assert_eq!(told, [doubted.clone(), doubted]);
    // Declared one way only, it is declared so where it is there at all.
    let one = only(
        "import torch\nE = []\nif torch.x:\n    E += [Extension('a', ['a.c'])]\nsetup(ext_modules=E)\n",
        &[],
    );
    assert_eq!(
        (one.certain, texts(&one, "sources")),
        (false, vec!["a.c".to_owned()])
    );
}

#[test]
fn what_a_script_imports_is_read_up_to_a_size_of_all_together() {
    let large = format!("FLAGS = ['-a']\n{}", "# nothing".repeat(30_000));
    let script = "from one import FLAGS as a\nfrom two import FLAGS as b\n\
                  setup(ext_modules=[Extension('a', ['a.c'], extra_compile_args=a + b)])\n";
    let module = only(script, &[("one.py", &large), ("two.py", &large)]);
    let flags = &module.fields["extra_compile_args"];
    assert_eq!(
        (texts(&module, "extra_compile_args").len(), flags.complete),
        (1, false)
    );
    let module = only(
        script,
        &[("one.py", &large), ("two.py", "FLAGS = ['-b']\n")],
    );
    assert_eq!(texts(&module, "extra_compile_args"), ["-a", "-b"]);
}

#[test]
fn so_many_comments_in_a_row_that_the_parser_would_crawl_are_not_read() {
    let script = "setup(ext_modules=[Extension('a', ['a.c'])])\n";
    let comments = |count: usize| format!("{HEAD}{}{script}", "# nothing\n".repeat(count));
    let definition = of(&comments(30_000), &[]);
    assert_eq!(definition.modules, []);
    assert!(!definition.complete);
    let why = "`setup.py` has more comments in a row than are followed";
    assert_eq!(definition.unread, [why]);
    // A long licence is none of these.
    assert_eq!(of(&comments(500), &[]).modules.len(), 1);
    // Nor is what a module that cannot be read would give taken for absent.
    let slow = format!("FLAGS = ['-a']\n{}", "# nothing\n".repeat(30_000));
    let script = "from one import FLAGS\nsetup(ext_modules=[Extension('a', ['a.c'], extra_compile_args=FLAGS)])\n";
    let module = only(script, &[("one.py", &slow)]);
    assert!(!module.fields["extra_compile_args"].complete);
}
