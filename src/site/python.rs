//! The images of a Python that is not there: they have a name, a processor and the C API, and no bytes.

use super::api::{Answer, c_api};
use super::layout::Layout;
use super::target::Target;
use crate::image::{
    BuildVersion, CodeDirectory, Dependent, FileType, Format, Image, MachO, Platform, Signature,
    Version,
};
use crate::load::Export;

/// One of Python's own images.
#[derive(Debug, Clone)]
pub(super) struct Invented {
    pub(super) path: String,
    pub(super) image: Image,
    has_api: bool,
}

impl Invented {
    /// Whether it exports a symbol, and whether that is assumed only.
    pub(super) fn export(&self, symbol: &str, target: &Target) -> (Export, bool) {
        let there = Export::Defined { weak: false };
        if self.image.file_type == FileType::Execute && symbol == "__mh_execute_header" {
            return (there, false);
        }
        let name = symbol.strip_prefix('_').filter(|_| self.has_api);
        match name.map(|name| c_api(name, target.python)) {
            Some(Answer::Yes) => (there, false),
            Some(Answer::Assumed) => (there, true),
            Some(Answer::No) | None => (Export::Absent, false),
        }
    }
}

/// The executable, and the library if there is one.
pub(super) fn images(target: &Target, layout: &Layout) -> Vec<Invented> {
    let linked = layout.library.iter().filter(|_| layout.linked);
    let mut executable = image(target, FileType::Execute, None);
    executable.dependents.extend(linked.map(|name| Dependent {
        install_name: name.clone(),
        weak: false,
        reexport: false,
        upward: false,
        delay_init: false,
        current_version: None,
        compatibility_version: None,
    }));
    let library = layout.library.iter().map(|name| Invented {
        path: name.clone(),
        image: image(target, FileType::Dylib, Some(name.clone())),
        has_api: true,
    });
    let executable = Invented {
        path: layout.executable.clone(),
        image: executable,
        has_api: !layout.linked,
    };
    [executable].into_iter().chain(library).collect()
}

fn image(target: &Target, file_type: FileType, install_name: Option<String>) -> Image {
    let part = MachO {
        build_versions: vec![BuildVersion {
            platform: Platform::MacOs,
            minos: target.macos.min(Version::new(11, 0, 0)),
            // Current enough that the rules for old programs do not count.
            sdk: Version::new(15, 0, 0),
        }],
        // MH_PIE, MH_TWOLEVEL, MH_DYLDLINK.
        flags: 0x0020_0084,
        signature: Signature::Present(CodeDirectory::default()),
        ..MachO::default()
    };
    Image {
        arch: target.arch,
        file_type,
        install_name,
        uuid: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        imports: Vec::new(),
        format: Format::MachO(Box::new(part)),
    }
}
