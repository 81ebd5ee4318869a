//! The compiler's commands as a build log shows them.
//!
//! setuptools prints a command on a line of its own, torch's ninja behind `[1/2] `, CMake (verbose) behind a `cd`.

/// One compiler command found in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// Line of the log, from 1.
    pub line: usize,
    /// The command, split as the shell would.
    pub arguments: Vec<String>,
}

impl CompileCommand {
    /// The include directories, in the order in which the compiler searches them.
    pub fn include_directories(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument
                .strip_prefix("-I")
                .or_else(|| argument.strip_prefix("-isystem"))
            {
                Some("") => found.extend(arguments.next().map(String::as_str)),
                Some(directory) => found.push(directory),
                None => {}
            }
        }
        found
    }

    /// Is this argument given?
    pub fn has(&self, wanted: &str) -> bool {
        self.arguments.iter().any(|argument| argument == wanted)
    }
}

/// Every command of the log that compiles (it has `-c`).
pub fn compile_commands(log: &str) -> Vec<CompileCommand> {
    let numbered = log.lines().enumerate();
    numbered
        .filter_map(|(index, line)| {
            compile_command(line).map(|arguments| CompileCommand {
                line: index + 1,
                arguments,
            })
        })
        .collect()
}

fn compile_command(line: &str) -> Option<Vec<String>> {
    // The cheap test first: splitting every line of a large log would cost seconds.
    if !line.contains(" -c ") || !line.contains("-I") {
        return None;
    }
    let line = line
        .rsplit(" && ")
        .find(|part| part.contains(" -c "))
        .unwrap_or(line);
    let line = line.trim_start();
    // Ninja: `[1/2] c++ -MMD ...`
    let line = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .map_or(line, |(_, command)| command);
    // Most commands quote nothing, and need no shell's rules.
    let arguments = if line.contains(['\'', '"', '\\', '#']) {
        shlex::split(line)?
    } else {
        line.split_ascii_whitespace().map(str::to_owned).collect()
    };
    let program = arguments.first()?.rsplit('/').next()?;
    let is_compiler = ["cc", "c++", "gcc", "g++", "clang"]
        .iter()
        .any(|name| program.contains(name));
    is_compiler.then_some(arguments)
}

#[cfg(test)]
mod tests {
    use super::compile_commands;

    #[test]
    fn commands_of_setuptools_and_ninja_are_found() {
        let log = "  running build_ext\n\
                   gcc -pthread -Wall -fPIC -I/opt/a/include -I include/python3.11 -c ext.c -o ext.o\n\
                   [1/2] c++ -MMD -MF x.d -isystem /t/include -fPIC -c /p/ext.cpp -o ext.o -I/late\n\
                   I compile -c nothing\n";
        let commands = compile_commands(log);
        let directories: Vec<_> = commands
            .iter()
            .map(|command| command.include_directories())
            .collect();
        assert_eq!(
            directories,
            [
                vec!["/opt/a/include", "include/python3.11"],
                vec!["/t/include", "/late"]
            ]
        );
        assert_eq!(
            commands
                .iter()
                .map(|command| command.line)
                .collect::<Vec<_>>(),
            [2, 3]
        );
    }
}
