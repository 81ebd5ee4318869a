//! The linker's commands of a log: what is linked, in the order in which the linker sees it.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{MAKES, Told, Words, command, numbered};
use crate::build::lines::any_of;

/// What tells the compiler to link a library.
static LINKS: LazyLock<AhoCorasick> =
    LazyLock::new(|| any_of([" -shared", " -bundle", " -dynamiclib"]));

/// One command that links a shared library or a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCommand {
    /// Where it was found.
    pub told: Told,
    /// The directory that the line changes to before, as given.
    pub directory: Option<String>,
    /// What it makes, as given.
    pub output: String,
    /// The command, split as the shell would.
    pub arguments: Words,
}

/// What a word, or two, of a link command give the linker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkWord<'a> {
    /// An object file, an archive or a library, by its path.
    File(&'a str),
    /// A library by its name: `-l`.
    Library(&'a str),
    /// A directory of libraries: `-L`.
    Directory(&'a str),
    /// A path that the image searches when it is loaded.
    Rpath(&'a str),
    /// A framework by its name.
    Framework(&'a str),
}

/// Every command of the log that links a shared library or a bundle.
pub fn link_commands(log: &str) -> Vec<LinkCommand> {
    let mut found = Vec::new();
    let mut entered: Vec<&str> = Vec::new();
    let mut before = "";
    for (number, line) in numbered(log) {
        if links(line) {
            // CMake's make shows where the link runs in the line before, with the script that it runs.
            let script = before
                .split_once(" && ")
                .filter(|(_, run)| run.contains("cmake_link_script"));
            let script = script.and_then(|(change, _)| change.trim().strip_prefix("cd "));
            let link = link_command(line, Told::Log(number));
            found.extend(link.map(|link| {
                LinkCommand {
                    directory: link
                        .directory
                        .or_else(|| shlex::split(script?)?.into_iter().next())
                        .or_else(|| entered.last().map(|path| (*path).to_owned())),
                    ..link
                }
            }));
        } else if let Some(path) = entering(line) {
            entered.push(path);
        } else if line.ends_with('\'') && line.contains(": Leaving directory ") {
            entered.pop();
        }
        before = line;
    }
    found
}

/// `make[2]: Entering directory '/p/build'`, `ninja: Entering directory `b'`; `Change Dir: '/p/build'` of `cmake --build`.
fn entering(line: &str) -> Option<&str> {
    let path = match line.strip_prefix("Change Dir: ") {
        Some(path) => path,
        None if line.ends_with('\'') => line.split_once(": Entering directory ")?.1,
        None => return None,
    };
    Some(path.trim_matches(['\'', '`']))
}

/// Does this text link a shared library or a bundle, by its words?
fn links(text: &str) -> bool {
    MAKES.find(text.as_bytes()).is_some() && LINKS.is_match(text)
}

/// The command of a line that links a shared library or a bundle.
pub(super) fn link_command(line: &str, told: Told) -> Option<LinkCommand> {
    let mut parts = line.split(" && ");
    let mut directory = None;
    let part = parts.find(|part| {
        let changed = part.trim().strip_prefix("cd ");
        directory = changed.or(directory);
        links(part)
    })?;
    let arguments = command(part)?;
    if arguments.iter().any(|word| word == "-c") {
        return None;
    }
    Some(LinkCommand {
        told,
        directory: directory.and_then(|path| shlex::split(path)?.into_iter().next()),
        output: arguments.output()?.to_owned(),
        arguments,
    })
}

impl LinkCommand {
    /// What it gives the linker, in the order in which the linker sees it.
    pub fn words(&self) -> Vec<LinkWord<'_>> {
        const RPATHS: [&str; 3] = ["-Wl,-rpath,", "-Wl,-rpath=", "-Wl,-R"];
        const WITH_VALUE: [&str; 9] = [
            "-arch",
            "-isysroot",
            "-target",
            "-install_name",
            "-compatibility_version",
            "-current_version",
            "-undefined",
            "-T",
            "-u",
        ];
        let mut found = Vec::new();
        let mut words = self.arguments.iter().skip(1);
        while let Some(word) = words.next() {
            if let Some(path) = RPATHS.iter().find_map(|before| word.strip_prefix(before)) {
                found.push(LinkWord::Rpath(path));
            } else if word == "-framework" {
                found.extend(words.next().map(LinkWord::Framework));
            } else if let Some(name) = word.strip_prefix("-l") {
                let name = Some(name).filter(|name| !name.is_empty());
                found.extend(name.or_else(|| words.next()).map(LinkWord::Library));
            } else if let Some(directory) = word.strip_prefix("-L") {
                let directory = Some(directory).filter(|directory| !directory.is_empty());
                found.extend(directory.or_else(|| words.next()).map(LinkWord::Directory));
            } else if word == "-o" || WITH_VALUE.contains(&word) {
                words.next();
            } else if word == "-Wl,-rpath" || word == "-rpath" {
                // clang hands `-Wl,-rpath` and `-Wl,DIRECTORY` on, one behind the other.
                let path = words
                    .next()
                    .map(|path| path.strip_prefix("-Wl,").unwrap_or(path));
                found.extend(path.map(LinkWord::Rpath));
            } else if let Some(path) = word.strip_prefix("-Wl,-force_load,") {
                found.push(LinkWord::File(path));
            } else if !word.starts_with(['-', '@']) {
                found.push(LinkWord::File(word));
            }
        }
        found
    }

    /// The word that gives the linker a library, by the library's name on disk or behind `-l`, with its position, from 1.
    pub fn entry(&self, library: &str) -> Option<(usize, LinkWord<'_>)> {
        let file = library.rsplit('/').next().unwrap_or(library);
        let stem = file.strip_prefix("lib").unwrap_or(file);
        let stem = stem.split('.').next().unwrap_or(stem);
        let gives = |word: &LinkWord<'_>| match word {
            LinkWord::Library(name) => *name == stem || *name == library,
            LinkWord::File(path) => *path == library || path.rsplit('/').next() == Some(file),
            LinkWord::Framework(name) => *name == library,
            LinkWord::Directory(_) | LinkWord::Rpath(_) => false,
        };
        let at = self.words().iter().position(gives)?;
        Some((at + 1, *self.words().get(at)?))
    }
}

impl std::fmt::Display for LinkWord<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LinkWord::File(path) => f.write_str(path),
            LinkWord::Library(name) => write!(f, "-l{name}"),
            LinkWord::Directory(path) => write!(f, "-L{path}"),
            LinkWord::Rpath(path) => write!(f, "-Wl,-rpath,{path}"),
            LinkWord::Framework(name) => write!(f, "-framework {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkWord, link_commands};

    #[test]
    fn the_order_of_a_link_is_kept() {
        let log = "  building 'x' extension\n\
                   g++ -pthread -shared -L/py/lib -Wl,-rpath=/py/lib build/x.o build/y.o -L/z -lz libq.a -o build/lib/x.so -lm\n";
        let [link] = link_commands(log).try_into().expect("one command");
        assert_eq!(
            (link.output.as_str(), link.told.line()),
            ("build/lib/x.so", Some(2))
        );
        use LinkWord::{Directory, File, Library, Rpath};
        assert_eq!(
            link.words(),
            [
                Directory("/py/lib"),
                Rpath("/py/lib"),
                File("build/x.o"),
                File("build/y.o"),
                Directory("/z"),
                Library("z"),
                File("libq.a"),
                Library("m"),
            ]
        );
        assert_eq!(link.entry("libz.so.1"), Some((6, Library("z"))));
        assert_eq!(link.entry("/o/libq.a"), Some((7, File("libq.a"))));
        assert_eq!(link.entry("py"), None);
    }

    #[test]
    fn links_for_macos_and_of_cmakes_ninja_are_read() {
        let log = "clang++ -bundle -undefined dynamic_lookup -arch arm64 -isysroot /sdk x.o -Wl,-rpath,@loader_path \
                   -Wl,-rpath -Wl,/opt/lib -framework Accelerate -l omp -install_name @rpath/x.so -o x.so\n\
                   : && /usr/bin/c++ -fPIC -O3 -shared -Wl,-soname,y.so -o y.so d/y.o  -Wl,-Bstatic -lq && :\n\
                   cd /b && /usr/bin/c++ -shared -o w.so w.o\n\
                   [3/3] clang++ -dynamiclib -o v.dylib v.o\n";
        let links = link_commands(log);
        let outputs: Vec<_> = links.iter().map(|link| link.output.as_str()).collect();
        assert_eq!(outputs, ["x.so", "y.so", "w.so", "v.dylib"]);
        let words: Vec<_> = links[0].words().iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "x.o",
                "-Wl,-rpath,@loader_path",
                "-Wl,-rpath,/opt/lib",
                "-framework Accelerate",
                "-lomp"
            ]
        );
        assert_eq!(
            links[1].words(),
            [LinkWord::File("d/y.o"), LinkWord::Library("q")]
        );
    }

    #[test]
    fn a_link_runs_where_the_log_says() {
        let log = "gcc -shared -o a.so a.o\n\
                   make: Entering directory '/p/b'\nmake[1]: Entering directory `/p/c'\n\
                   gcc -shared -o b.so b.o\nmake[1]: Leaving directory `/p/c'\n\
                   cd /p/b/sub && cmake -E cmake_link_script x/link.txt --verbose=1\ngcc -shared -o c.so c.o\n\
                   cd '/p/d e' && gcc -shared -o d.so d.o\ngcc -shared -o e.so e.o\n\
                   make: Leaving directory '/p/b'\ngcc -shared -o f.so f.o\n\
                   Change Dir: /p/g\n[1/1] : && gcc -shared -o g.so g.o && :\nninja: Entering directory `h'\n\
                   gcc -shared -o h.so h.o\n";
        let links = link_commands(log);
        let directories: Vec<_> = links.iter().map(|link| link.directory.as_deref()).collect();
        let (b, c, d) = (Some("/p/c"), Some("/p/b/sub"), Some("/p/d e"));
        assert_eq!(
            directories,
            [None, b, c, d, Some("/p/b"), None, Some("/p/g"), Some("h")]
        );
    }

    #[test]
    fn what_compiles_or_only_tells_of_links_is_none() {
        let log = "gcc -shared -c x.c -o x.o\nadding -shared to -o nothing\n  -o x -shared\ngcc -shared -o\n";
        assert_eq!(link_commands(log), []);
    }
}
