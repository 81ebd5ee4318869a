//! What Python calls things: interpreters, extension modules, and every way an import can end.

mod c_api;
mod import;
mod interpreter;
mod module;
mod search;

pub use c_api::is_c_api;
pub use import::{ImportAttempt, ImportOutcome, Situation};
pub use interpreter::{
    Compiler, Interpreter, InterpreterProbe, TorchImport, TorchPackage, TorchProbe,
};
pub use module::{ExtensionFile, ModuleName};
pub use search::{Found, find_module};
