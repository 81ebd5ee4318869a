//! setup.py, read without being run: which extension modules it declares, with what, and where that is written.

mod assign;
mod ast;
mod builtins;
mod call;
mod commands;
mod comprehension;
mod environment;
mod eval;
mod exec;
mod expressions;
mod extension;
mod files;
mod functions;
mod imports;
mod machine;
mod members;
mod methods;
mod named;
mod operators;
mod parse;
mod pathlib;
mod paths;
mod percent;
mod report;
mod state;
mod strings;
mod value;

#[cfg(test)]
mod tests;

pub(super) use report::read;
