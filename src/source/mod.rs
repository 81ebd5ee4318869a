//! The project's own files: what they say about the build, and which line of them makes a cause.
//!
//! Nothing here runs anything. setup.py is followed by an interpreter that knows what is unknown (`python`); the other
//! files are read for what they say. All of it is pure: files and variables are answers of [`Project`], which a recording
//! keeps.

mod answers;
mod assignments;
mod cmake;
mod cpp;
mod definition;
mod project;
mod python;
mod settings;
mod span;
#[cfg(test)]
mod testing;
mod workflow;

pub use answers::{SourceAnswers, SourceRecorder};
pub use cpp::{
    Macros, ModuleDefinition, Use, included, is_compiled, module_definitions, operator_libraries,
    speaks_of_modules, uses,
};
pub use definition::{Definition, Entry, ExtensionModule, Field, Setting};
pub use project::{Input, Line, Project, PythonWords, Reference, Target, Text, Variable};

/// Reads all that the project says about its build.
pub fn read(project: &dyn Project, target: &Target) -> Definition {
    let mut definition = Definition {
        complete: true,
        ..Definition::default()
    };
    if let Some(script) = python::read(project, target, "setup.py") {
        definition.modules.extend(script.modules);
        definition.targets.extend(script.targets);
        definition.settings.extend(script.settings);
        definition.complete &= script.complete;
        definition.unread.extend(script.unread);
    }
    cmake::read(project, target, &mut definition);
    settings::pyproject(project, &mut definition);
    settings::setup_cfg(project, &mut definition);
    workflow::workflows(project, &mut definition);
    definition
}
