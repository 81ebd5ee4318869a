//! Libraries that are not found, or are too old.

use super::{Named, code, command, reinstall, sign, steps};
use crate::purpose::is_torch_library;

pub(super) fn remedy(id: &str, named: Named<'_>) -> Option<String> {
    match id {
        "library-not-found-rpath" => rpath(named),
        "library-not-found-absolute" => absolute(named),
        "library-not-found-bare" => bare(named),
        "interpreter-broken" => interpreter(named),
        "dylib-version-incompatible" => older_library(named),
        _ => None,
    }
}

/// `../` for each directory between the file's own and site-packages.
fn up_to_packages(file: &str) -> Option<String> {
    let (_, inside) = file.split_once("/site-packages/")?;
    Some("../".repeat(inside.matches('/').count()))
}

const IMPORT_TORCH: &str =
    "Import torch before the module: put `import torch` at the top of the package's `__init__.py`.";

fn rpath(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    if let Some(asked) = beside_the_file(library) {
        return Some(steps(&relative(named, library, asked)));
    }
    let name = library.rsplit('/').next().unwrap_or(library);
    let module = named.module();
    let mut all = Vec::new();
    let rpath = if is_torch_library(library) {
        all.push(format!(
            "{IMPORT_TORCH} dyld then takes the libraries that are loaded."
        ));
        let up = module.and_then(up_to_packages);
        format!(
            "@loader_path/{}torch/lib",
            up.unwrap_or_else(|| "../".to_owned())
        )
    } else {
        all.push(format!(
            "Put {} into the package beside the module and link with `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`; \
             `delocate-wheel` does both for a finished wheel.",
            code(name)
        ));
        "@loader_path".to_owned()
    };
    if let Some(module) = module {
        all.push(format!(
            "A finished file: {}, then {}.",
            command(&["install_name_tool", "-add_rpath", &rpath, module]),
            sign(module)
        ));
    }
    if let Some(package) = named.package().filter(|_| !is_torch_library(library)) {
        all.push(format!(
            "A package of others that came without its library: {}.",
            reinstall(package, false)
        ));
    }
    Some(steps(&all))
}

/// What an install name asks for that leads to one place, whatever the rpaths: the directory it starts at, and the rest.
fn beside_the_file(library: &str) -> Option<(&str, &str)> {
    let (start, rest) = library.split_once('/')?;
    ["@loader_path", "@executable_path"]
        .contains(&start)
        .then_some((start, rest))
}

/// An rpath changes nothing about such a name: the file comes to its place, or the name is another.
fn relative(named: Named<'_>, library: &str, (start, rest): (&str, &str)) -> Vec<String> {
    let name = rest.rsplit('/').next().unwrap_or(rest);
    let is_torch = is_torch_library(library);
    let new = format!(
        "{}/{name}",
        if is_torch { "@rpath" } else { "@loader_path" }
    );
    let mut all = Vec::new();
    if is_torch {
        all.push(format!(
            "{IMPORT_TORCH} Link with torch's own library, whose install name starts with `@rpath/`: dyld then takes the \
             one that is loaded. {} is looked for at one place.",
            code(library)
        ));
    } else if start == "@loader_path" {
        all.push(format!(
            "Put {} at {}, seen from the directory of the file that needs it; `delocate-wheel` copies it into a finished \
             wheel. An rpath changes nothing about this name.",
            code(name),
            code(rest)
        ));
    } else {
        all.push(format!(
            "{} is looked for beside the program that runs, for a module beside Python: build the library with an install \
             name that starts with `@rpath/`, ship it in the package, and link with \
             `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`.",
            code(library)
        ));
    }
    if let Some(module) = named.module() {
        let beside = if is_torch {
            ""
        } else {
            ", with the library beside it"
        };
        all.push(format!(
            "A finished file{beside}: {}, then {}.",
            command(&["install_name_tool", "-change", library, &new, module]),
            sign(module)
        ));
    }
    if let Some(package) = named.package().filter(|_| !is_torch) {
        all.push(format!(
            "A package of others that came without its library: {}.",
            reinstall(package, false)
        ));
    }
    all
}

/// The formula of a library in Homebrew's directories.
fn formula(library: &str) -> Option<&str> {
    let prefixes = [
        "/opt/homebrew/opt/",
        "/usr/local/opt/",
        "/opt/homebrew/Cellar/",
        "/usr/local/Cellar/",
    ];
    let rest = prefixes
        .iter()
        .find_map(|prefix| library.strip_prefix(prefix))?;
    rest.split('/').next()
}

fn absolute(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    if named.is_elf() {
        return Some(
            "Copy the library into the wheel with `auditwheel repair`, or link it by `-l` and its soname.".to_owned(),
        );
    }
    let name = library.rsplit('/').next().unwrap_or(library);
    let mut all = vec![
        "For a wheel: copy the library in with `delocate-wheel -w fixed dist/*.whl`.".to_owned(),
    ];
    if let Some(formula) = formula(library) {
        all.push(format!(
            "On this machine alone: {}, or build against the one that is installed.",
            command(&["brew", "install", formula])
        ));
    }
    if let Some(module) = named.module() {
        all.push(format!(
            "A finished file, with the library beside it: {}, then {}.",
            command(&[
                "install_name_tool",
                "-change",
                library,
                &format!("@loader_path/{name}"),
                module
            ]),
            sign(module)
        ));
    }
    Some(steps(&all))
}

fn bare(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    let name = library.rsplit('/').next().unwrap_or(library);
    if is_torch_library(library) {
        return Some(IMPORT_TORCH.to_owned());
    }
    if named.is_elf() {
        return Some(format!(
            "Put {} into the package and link with `extra_link_args=[\"-Wl,-rpath,$ORIGIN\"]`, or link the library \
             statically.",
            code(name)
        ));
    }
    let mut all = Vec::new();
    match named.get("referenced_from") {
        Some(module) => {
            all.push(format!(
                "Put {} into the package and link with `extra_link_args=[\"-Wl,-rpath,@loader_path\"]`; give the \
                 library an install name that starts with `@rpath/`.",
                code(name)
            ));
            all.push(format!(
                "A finished file: {}, then {}.",
                command(&["install_name_tool", "-change", library, &format!("@loader_path/{name}"), module]),
                sign(module)
            ));
        }
        None => all.push(format!(
            "Install {}, and open it by its full path: macOS searches no directory of Homebrew for a bare name.",
            code(name)
        )),
    }
    Some(steps(&all))
}

fn interpreter(named: Named<'_>) -> Option<String> {
    let program = named.first(&["referenced_from", "interpreter", "file"])?;
    if named.get("interpreter").is_some() && named.get("library").is_none() {
        return Some(
            "Name a Python that starts with `--python`; a virtual environment whose Python is gone must be made anew."
                .to_owned(),
        );
    }
    Some(match environment_of(program) {
        Some(environment) => format!(
            "The Python that this environment was made with is gone. Make the environment again: {}, which empties it \
             first, then install what was in it.",
            command(&["python3", "-m", "venv", "--clear", environment])
        ),
        None => format!(
            "{} needs a Python that is not on this machine: install that version, or have the program packed with its \
             own.",
            code(program)
        ),
    })
}

/// The directory of the virtual environment that a program may be of. Directories of the system, of package managers
/// and homes are none: what stands there must not be emptied.
fn environment_of(program: &str) -> Option<&str> {
    const SHARED: [&str; 7] = [
        "/usr",
        "/opt",
        "/bin",
        "/Library",
        "/System",
        "/Applications",
        "/nix",
    ];
    const MANAGED: [&str; 8] = [
        "conda",
        "miniforge",
        "mambaforge",
        "/Cellar/",
        ".framework/",
        ".app/",
        "/.pyenv/versions/",
        "/uv/python/",
    ];
    let (environment, _) = program.rsplit_once("/bin/")?;
    let is_home = ["/Users/", "/home/"].iter().any(|homes| {
        let name = environment.strip_prefix(homes);
        name.is_some_and(|name| !name.contains('/'))
    });
    let is_other = SHARED.iter().any(|start| environment.starts_with(start))
        || MANAGED.iter().any(|part| environment.contains(part));
    let named = !["", "~", "/root"].contains(&environment);
    (named && !is_home && !is_other).then_some(environment)
}

fn older_library(named: Named<'_>) -> Option<String> {
    let library = named.get("library")?;
    let mut all = Vec::new();
    let name = library.rsplit('/').next().unwrap_or(library);
    let wanted = named
        .get("version_required")
        .map_or_else(String::new, |version| {
            format!(" to one with the compatibility version {version} or later")
        });
    all.push(match formula(library) {
        Some(formula) => format!(
            "Update {}{wanted}: {}.",
            code(name),
            command(&["brew", "upgrade", formula])
        ),
        None => format!(
            "Update {}{wanted}, or remove the older copy that is found first.",
            code(name)
        ),
    });
    if let Some(module) = named.module() {
        all.push(format!(
            "Or build {} against the library that is there. {} shows which version it asks for.",
            code(module),
            command(&["otool", "-L", module])
        ));
    }
    Some(steps(&all))
}
