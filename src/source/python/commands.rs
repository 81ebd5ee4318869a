//! What a `build_ext` of the project's own does to the extensions once the build has begun.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::Machine;
use super::state::State;
use super::value::{Class, Data, Id, Item, Object, Value};

/// Steps for all methods together, and extensions that are built one by one.
const STEPS: u32 = 60_000;
const EXTENSIONS: usize = 64;

impl Machine<'_> {
    /// Follows the methods of the commands that build, and gives the state behind them. Whether and when they run is
    /// setuptools' business, so nothing of it is certain, and nothing of it stays.
    pub(super) fn built(&mut self, setup: Id) -> Option<State> {
        let argument = |name: &str| {
            let arguments = self.state.dict(setup)?;
            Some(arguments.get(&Value::str(name))?.value.clone())
        };
        let extensions = argument("ext_modules")?;
        let Data::Dict(commands) = argument("cmdclass")?.data else {
            return None;
        };
        let commands = self.state.dict(commands)?.entries.iter();
        let build = commands.filter_map(|(name, item)| match &item.value.data {
            Data::Class(class) if name.text().is_some_and(|name| name.starts_with("build")) => {
                Some(Rc::clone(class))
            }
            _ => None,
        });
        let build: Vec<Rc<Class>> = build.collect();
        if build.is_empty() || !self.live {
            return None;
        }
        let before = self.state.clone();
        let risk = std::mem::take(&mut self.risk);
        let tries = std::mem::take(&mut self.tries);
        let makes_files = self.makes_files;
        let kept = self.lend(STEPS);
        self.undecided += 1;
        for class in &build {
            self.follow(class, &extensions);
        }
        self.undecided -= 1;
        self.give_back(kept);
        (self.live, self.makes_files) = (true, makes_files);
        (self.risk, self.tries) = (risk, tries);
        Some(std::mem::replace(&mut self.state, before))
    }

    fn follow(&mut self, class: &Rc<Class>, extensions: &Value) {
        let object = self.instance(class);
        if let Data::Instance(id) = object.data
            && let Some(Object::Instance { fields, .. }) = self.state.object_mut(id)
        {
            fields.insert(Rc::from("extensions"), extensions.clone());
        }
        for method in [
            "initialize_options",
            "finalize_options",
            "run",
            "build_extensions",
        ] {
            self.call_own(class, &object, method, Vec::new());
        }
        let (each, _) = self.members(extensions);
        for extension in each.into_iter().take(EXTENSIONS) {
            self.call_own(class, &object, "build_extension", vec![extension]);
        }
    }

    fn call_own(&mut self, class: &Rc<Class>, object: &Value, name: &str, given: Vec<Item>) {
        let arguments = Arguments {
            positional: given,
            ..Arguments::default()
        };
        self.live = true;
        self.call_method_of(class, object, name, arguments);
    }
}
