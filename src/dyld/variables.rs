//! The DYLD_ variables: from the environment, if AMFI lets dyld read it, and from the executable's
//! LC_DYLD_ENVIRONMENT (dyld/DyldProcessConfig.cpp:PathOverrides).

use super::path;
use super::process::Process;

/// Lists of directories, environment first, then the executable's. `None`: neither is set.
#[derive(Debug, Default)]
pub(super) struct Variables {
    pub(super) library_path: Option<Vec<String>>,
    pub(super) framework_path: Option<Vec<String>>,
    pub(super) fallback_library_path: Option<Vec<String>>,
    pub(super) fallback_framework_path: Option<Vec<String>>,
    pub(super) versioned_library_path: Option<Vec<String>>,
    pub(super) versioned_framework_path: Option<Vec<String>>,
    pub(super) image_suffix: Option<Vec<String>>,
    pub(super) insert_libraries: Vec<String>,
}

impl Variables {
    pub(super) fn read(process: &Process, executable: Option<&str>, embedded: &[String]) -> Self {
        let mut variables = Variables::default();
        if process.permissions.path_variables {
            for (name, value) in &process.environment {
                variables.add(name, value);
            }
        }
        if let (true, Some(executable)) = (process.permissions.embedded_variables, executable) {
            for setting in embedded {
                if let Some((name, value)) = setting.split_once('=') {
                    let value = expand(value, executable, process.permissions.at_paths);
                    variables.add(name, &value);
                }
            }
        }
        variables
    }

    fn add(&mut self, name: &str, value: &str) {
        let list = match name {
            "DYLD_LIBRARY_PATH" => &mut self.library_path,
            "DYLD_FRAMEWORK_PATH" => &mut self.framework_path,
            "DYLD_FALLBACK_LIBRARY_PATH" => &mut self.fallback_library_path,
            "DYLD_FALLBACK_FRAMEWORK_PATH" => &mut self.fallback_framework_path,
            "DYLD_VERSIONED_LIBRARY_PATH" => &mut self.versioned_library_path,
            "DYLD_VERSIONED_FRAMEWORK_PATH" => &mut self.versioned_framework_path,
            "DYLD_IMAGE_SUFFIX" => &mut self.image_suffix,
            "DYLD_INSERT_LIBRARIES" => {
                if !value.is_empty() {
                    self.insert_libraries
                        .extend(value.split(':').map(str::to_owned));
                }
                return;
            }
            _ => return,
        };
        // An empty element is an element: it makes the candidate `/leaf`.
        let elements = value.split(':').map(str::to_owned);
        list.get_or_insert_default().extend(elements);
    }

    /// Any of them makes dyld look for files that override the shared cache.
    pub(super) fn any(&self) -> bool {
        let lists = [
            &self.library_path,
            &self.framework_path,
            &self.fallback_library_path,
            &self.fallback_framework_path,
            &self.versioned_library_path,
            &self.versioned_framework_path,
            &self.image_suffix,
        ];
        lists.iter().any(|list| list.is_some()) || !self.insert_libraries.is_empty()
    }
}

fn expand(value: &str, executable: &str, at_paths: bool) -> String {
    let directory = path::directory(executable);
    let elements = value
        .split(':')
        .filter(|element| at_paths || !element.starts_with('@'));
    let expanded = elements.map(|element| {
        let tail = ["@executable_path/", "@loader_path/"]
            .iter()
            .find_map(|variable| element.strip_prefix(variable));
        match tail {
            Some(tail) => format!("{directory}/{tail}"),
            None => element.to_owned(),
        }
    });
    expanded.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use crate::dyld::Process;
    use crate::image::{Arch, Version};

    fn process(settings: &[(&str, &str)]) -> Process {
        let mut process = Process::new(Arch::Arm64, Version::new(14, 5, 0));
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        process.environment = settings.iter().map(owned).collect();
        process
    }

    #[test]
    fn an_empty_list_is_a_list_of_one_empty_directory() {
        let variables = Variables::read(&process(&[("DYLD_LIBRARY_PATH", "")]), None, &[]);
        assert_eq!(variables.library_path, Some(vec![String::new()]));
        assert!(variables.any());
    }

    #[test]
    fn the_executables_own_settings_come_after_the_environment() {
        let embedded = ["DYLD_LIBRARY_PATH=@executable_path/../lib".to_owned()];
        let process = process(&[("DYLD_LIBRARY_PATH", "/a:/b")]);
        let variables = Variables::read(&process, Some("/py/bin/python3"), &embedded);
        let expected = ["/a", "/b", "/py/bin/../lib"].map(str::to_owned);
        assert_eq!(variables.library_path, Some(expected.to_vec()));
    }

    #[test]
    fn a_hardened_process_has_no_variables() {
        let mut process = process(&[("DYLD_INSERT_LIBRARIES", "/a.dylib")]);
        process.permissions.path_variables = false;
        assert!(!Variables::read(&process, None, &[]).any());
    }
}
