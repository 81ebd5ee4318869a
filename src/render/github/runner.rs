//! What GitHub's runner obeys in the output of a step: its parsing rules, written again from its sources
//! (`ActionCommand.cs`, `ActionCommandManager.cs`), so that tests see what it would see.

/// A command that the runner would carry out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) struct Command {
    pub(in crate::render) name: String,
    pub(in crate::render) properties: Vec<(String, String)>,
    pub(in crate::render) data: String,
}

impl Command {
    pub(in crate::render) fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

const REGISTERED: [&str; 15] = [
    "error",
    "warning",
    "notice",
    "debug",
    "set-env",
    "set-output",
    "save-state",
    "add-path",
    "add-mask",
    "group",
    "endgroup",
    "echo",
    "stop-commands",
    "add-matcher",
    "remove-matcher",
];

/// The commands in `output`, in order. Switching them off is among them only where nothing
/// switches them on again.
pub(in crate::render) fn obey(output: &str) -> Vec<Command> {
    let mut obeyed = Vec::new();
    let mut stopped: Option<String> = None;
    // .NET ends a line at either character.
    for line in output.split(['\n', '\r']) {
        let Some(command) =
            current(line, stopped.as_deref()).or_else(|| legacy(line, stopped.as_deref()))
        else {
            continue;
        };
        match &stopped {
            Some(token) if command.name == token.to_lowercase() => stopped = None,
            Some(_) => {}
            None if command.name == "stop-commands" => stopped = Some(command.data),
            None => obeyed.push(command),
        }
    }
    obeyed.extend(stopped.map(|token| Command {
        name: "stop-commands".to_owned(),
        properties: Vec::new(),
        data: token,
    }));
    obeyed
}

/// `::name key=value,key=value::data`, after blanks.
fn current(line: &str, token: Option<&str>) -> Option<Command> {
    let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let unescape_property = |value: &str| {
        let value = value.replace("%0D", "\r").replace("%0A", "\n");
        value
            .replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    Some(Command {
        name: registered(name, token)?,
        properties: pairs(properties, ',', unescape_property),
        data: data
            .replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%25", "%"),
    })
}

/// `##[name key=value;key=value]data`, anywhere.
fn legacy(line: &str, token: Option<&str>) -> Option<Command> {
    let (_, tail) = line.split_once("##[")?;
    let (info, data) = tail.split_once(']')?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    Some(Command {
        name: registered(name, token)?,
        properties: pairs(properties, ';', str::to_owned),
        data: data.to_owned(),
    })
}

fn registered(name: &str, token: Option<&str>) -> Option<String> {
    let name = name.to_lowercase();
    let known = REGISTERED.contains(&name.as_str())
        || token.is_some_and(|token| token.to_lowercase() == name);
    known.then_some(name)
}

fn pairs(text: &str, separator: char, unescape: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let pairs = text
        .trim()
        .split(separator)
        .filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), unescape(value)))
        .collect()
}

#[test]
fn the_runner_obeys_what_it_is_known_to_obey() {
    let names = |output: &str| -> Vec<String> {
        obey(output)
            .into_iter()
            .map(|command| command.name)
            .collect()
    };
    assert_eq!(names("  ::error file=a%2Cb,line=1::text"), ["error"]);
    assert_eq!(names("text ::error::text"), Vec::<String>::new());
    assert_eq!(names("text ##[set-env name=A;]text"), ["set-env"]);
    assert_eq!(names("::unknown::text\rx\r::Group::text"), ["group"]);
    assert_eq!(
        names("::stop-commands::ab\n::error::x\n##[error]x\n::ab::\n::notice::y"),
        ["notice"]
    );
    assert_eq!(
        obey("::error file=a%2Cb%253A::t")
            .first()
            .and_then(|c| c.property("file")),
        Some("a,b%3A")
    );
}
