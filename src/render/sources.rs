//! What a project's files say about its build, for `loadproof sources`.

use std::io;

use serde::Serialize;

use super::text::{cut, one_line};
use crate::source::{Definition, Entry, ExtensionModule};

/// Characters of a value.
const VALUE: usize = 200;
/// Entries of a field that are listed.
const ENTRIES: usize = 40;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    definition: &'a Definition,
}

/// JSON, schema version 1 (`docs/sources.md`).
pub fn json(definition: &Definition, out: &mut dyn io::Write) -> io::Result<()> {
    let document = Document {
        schema: 1,
        definition,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// For a person.
pub fn terminal(definition: &Definition, out: &mut dyn io::Write) -> io::Result<()> {
    for module in &definition.modules {
        write_module(module, out)?;
    }
    for setting in &definition.settings {
        let value = one_line(&setting.value);
        let place = one_line(&setting.place.to_string());
        writeln!(
            out,
            "{} = {}  ({place})",
            one_line(&setting.name),
            cut(&value, VALUE)
        )?;
    }
    for why in &definition.unread {
        writeln!(out, "not read: {}", one_line(why))?;
    }
    if definition.modules.is_empty() {
        writeln!(out, "no extension module is declared that could be read")?;
    } else if !definition.complete {
        writeln!(out, "there may be more than could be read")?;
    }
    Ok(())
}

fn write_module(module: &ExtensionModule, out: &mut dyn io::Write) -> io::Result<()> {
    let name = module.name.as_ref().map_or("?", |name| &name.text);
    let maybe = if module.certain { "" } else { " (perhaps)" };
    let place = module.name.as_ref().and_then(|name| name.place.as_ref());
    let place = place.unwrap_or(&module.place);
    writeln!(
        out,
        "{}{maybe}  {} at {}",
        one_line(name),
        one_line(&module.callee),
        one_line(&place.to_string())
    )?;
    for (name, field) in &module.fields {
        if field.entries.is_empty() && field.complete {
            continue;
        }
        writeln!(out, "  {}:", one_line(name))?;
        for entry in field.entries.iter().take(ENTRIES) {
            write_entry(entry, out)?;
        }
        let left = field.entries.len().saturating_sub(ENTRIES);
        if left > 0 {
            writeln!(out, "    … {left} more")?;
        }
        if !field.complete {
            writeln!(out, "    and perhaps more")?;
        }
    }
    Ok(())
}

fn write_entry(entry: &Entry, out: &mut dyn io::Write) -> io::Result<()> {
    let text = one_line(&entry.text);
    let maybe = if entry.certain { "" } else { " (perhaps)" };
    let place = entry.place.as_ref().map(|place| {
        let place = place.to_string();
        format!("  ({})", one_line(&place))
    });
    writeln!(
        out,
        "    {}{maybe}{}",
        cut(&text, VALUE),
        place.unwrap_or_default()
    )
}
