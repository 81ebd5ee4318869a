//! Manifests as CMake writes them, and near misses.

use super::{steps, times};

/// As CMake 3.25 writes it, shortened.
const MANIFEST: &str = "\
# comment $
ninja_required_version = 1.5
include CMakeFiles/rules.ninja
cmake_ninja_workdir = /p/b/

build all: phony libm.so

build CMakeFiles/m.dir/a_b.cpp.o: CXX_COMPILER__m_ /p/a$ b.cpp || order
  DEFINES = -DS=\"\\\"a\\$$b\\\"\" -Dm_EXPORTS
  DEP_FILE = CMakeFiles/m.dir/a_b.cpp.o.d
  FLAGS = -fPIC $
      -O2
build ./libm.so | x/../libm.so.1: LINK__m_ CMakeFiles/m.dir/m.cpp.o $
    CMakeFiles/m.dir/a_b.cpp.o | libq.a || libq.a
  # no binding
  LINK_LIBRARIES = libq.a  -lz
  PRE_LINK = :
  POST_BUILD = :

default all
";
const RULES: &str = "\
rule CXX_COMPILER__m_
  deps = gcc
  command = /usr/bin/c++ $DEFINES $INCLUDES $FLAGS -MF $DEP_FILE -o $out -c $in
rule LINK__m_
  command = $PRE_LINK && c++ -fPIC $LINK_FLAGS -shared $SONAME_FLAG$SONAME -o $out @${out}.rsp && $POST_BUILD
  rspfile = $out.rsp
  rspfile_content = $in_newline $LINK_LIBRARIES
";

fn all(manifest: &str) -> Option<Vec<String>> {
    let rules = |path: &str| (path == "CMakeFiles/rules.ninja").then_some(RULES);
    let steps = steps(manifest, &rules, &|_| true)?;
    Some(steps.into_iter().map(|step| step.command).collect())
}

#[test]
fn commands_are_those_that_ninja_tells() {
    // By `ninja -t commands`, but for the response file.
    assert_eq!(
        all(MANIFEST).expect("all of it is read"),
        [
            "/usr/bin/c++ -DS=\"\\\"a\\$b\\\"\" -Dm_EXPORTS  -fPIC -O2 -MF CMakeFiles/m.dir/a_b.cpp.o.d \
             -o CMakeFiles/m.dir/a_b.cpp.o -c '/p/a b.cpp'",
            ": && c++ -fPIC  -shared  -o libm.so CMakeFiles/m.dir/m.cpp.o CMakeFiles/m.dir/a_b.cpp.o \
             libq.a  -lz && :",
        ]
    );
    let wanted = |path: &str| path == "libm.so.1";
    let only = steps(MANIFEST, &|_| Some(RULES), &wanted).expect("all of it is read");
    assert_eq!(only[0].outputs, ["libm.so", "libm.so.1"]);
    assert_eq!(only.len(), 1);
}

#[test]
fn the_nearest_variable_counts_and_the_manifests_is_taken_at_the_end() {
    let manifest = "v = 1\nrule r\n  command = $v $w $u\n  w = rule$v\nbuild a: r\nbuild b: r\n  v = edge$v\nv = 2\n";
    assert_eq!(
        all(manifest),
        Some(vec!["2 rule2 ".into(), "edge1 ruleedge1 ".into()])
    );
}

#[test]
fn what_is_not_understood_gives_nothing() {
    for text in [
        "subninja x\n",
        "include nowhere\n",
        "build a: norule\n",
        "rule r\n  command = $(x)\nbuild a: r\n",
        "rule r\n  command = $command\nbuild a: r\n",
        "build a\n",
        "what is this\n",
        "x = $",
        "rule r\n  command = $v$v\n  v = $w$w$w$w$w$w$w$w\n  w = $u$u$u$u$u$u$u$u\n  u = $t$t$t$t$t$t$t$t\n  \
         t = $s$s$s$s$s$s$s$s\n  s = $q$q$q$q$q$q$q$q\n  q = 12345678901234567890123456789012\nbuild a: r\n",
    ] {
        assert_eq!(all(text), None, "{text}");
    }
    assert_eq!(all(""), Some(vec![]));
}

#[test]
fn the_last_time_of_a_file_counts() {
    let log = "# ninja log v6\n0\t9\t17\ta.o\tff\n0\t9\tx\tb.o\tff\n0\t9\t18\ta.o\tff\n0\t9\n";
    assert_eq!(times(log).into_iter().collect::<Vec<_>>(), [("a.o", 18)]);
    assert!(times("0\t9\t17\ta.o\tff\n").is_empty());
}
