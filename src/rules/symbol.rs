//! What a symbol's name tells: how people would write it, and whose it is.

use std::fmt::{self, Write};

use cpp_demangle::{DemangleOptions, Symbol};

use crate::catalogue::{Catalogue, Known};
use crate::image::{Arch, Version};
use crate::load::LoadFailure;

use super::Module;
use crate::python::is_c_api;

/// A longer name is shown raw: templates demangle to pages.
const READABLE: usize = 120;
/// Names that demangle to more are not asked further. Substitutions can grow a hostile name without end.
const LIMIT: usize = 16 * 1024;

/// The library that a symbol belongs to, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// libtorch, libc10, libtorch_python.
    Torch,
    /// CPython's C API.
    Python,
    /// The C++ standard library of this system.
    CxxStandard,
    /// GCC's runtime, or the C++ standard library of another toolchain than this system's.
    OtherToolchain,
    /// Nobody that the name gives away.
    Unknown,
}

/// A symbol's name without what the format adds.
#[derive(Debug, Clone, Copy)]
pub struct SymbolName<'a> {
    /// The name as C would know it: without Mach-O's underscore.
    linkage: &'a str,
    macho: bool,
}

impl<'a> SymbolName<'a> {
    /// The symbol that a failure of this module is about.
    pub(super) fn of(module: &Module<'_>, failure: &'a LoadFailure) -> Self {
        SymbolName::new(&failure.subject, module.is_macho())
    }

    /// The name as it stands in a file of that format.
    pub fn new(symbol: &'a str, macho: bool) -> Self {
        let stripped = symbol.strip_prefix('_').filter(|_| macho);
        SymbolName {
            linkage: stripped.unwrap_or(symbol),
            macho,
        }
    }

    /// The name as a C++ programmer writes it, if it is mangled.
    pub fn demangled(self) -> Option<String> {
        let name = self.demangle(&DemangleOptions::new())?;
        Some(as_linkers_write(&name))
    }

    /// The shortest name that people can read, in backticks.
    pub fn readable(self, raw: &str) -> String {
        let fits = |name: &String| name.len() <= READABLE;
        let name = self
            .demangled()
            .filter(fits)
            .or_else(|| self.entity().filter(fits));
        format!("`{}`", name.unwrap_or_else(|| raw.to_owned()))
    }

    /// The mangled name has a parameter that is a `std::string` of libstdc++: with the ABI of before C++11
    /// (`Some(false)`), with today's (`Some(true)`).
    pub(super) fn cxx11_abi(self) -> Option<bool> {
        let name = self.demangled()?;
        if name.contains("std::__cxx11::") {
            return Some(true);
        }
        let old = ["std::string", "std::basic_string<"];
        let mut uses = old.iter().flat_map(|old| name.split(old).skip(1));
        // `std::string_view` and `std::basic_string_view` are the same in both.
        uses.any(|rest| !rest.starts_with('_')).then_some(false)
    }

    /// Types of GNU libstdc++ are in its signature, where Apple's libc++ would write `std::__1`.
    pub(super) fn mentions_libstdcxx(self) -> bool {
        self.demangled()
            .is_some_and(|name| name.contains("std::") && !name.contains("std::__1::"))
    }

    /// Whose it is.
    pub fn origin(self) -> Origin {
        match self.entity() {
            Some(entity) => self.cxx_origin(&entity),
            None => c_origin(self.linkage),
        }
    }

    fn cxx_origin(self, entity: &str) -> Origin {
        let namespace = entity.split("::").next().unwrap_or(entity);
        match namespace {
            "c10" | "c10d" | "at" | "torch" | "caffe2" => Origin::Torch,
            "std" | "__cxxabiv1" | "__gnu_cxx" => self.standard_origin(entity),
            _ if entity.starts_with("operator new") || entity.starts_with("operator delete") => {
                Origin::CxxStandard
            }
            _ if is_torch_c_name(entity.trim_start_matches('_')) => Origin::Torch,
            _ => Origin::Unknown,
        }
    }

    /// libc++ keeps most of its names in `std::__1`, libstdc++ has none there. What both have (`std::exception`)
    /// tells nothing of the toolchain.
    fn standard_origin(self, entity: &str) -> Origin {
        const OF_LIBSTDCXX: [&str; 12] = [
            "std::__cxx11::",
            "std::string::",
            "std::basic_",
            "std::ostream",
            "std::istream",
            "std::ios_base",
            "std::locale",
            "std::cout",
            "std::cin",
            "std::cerr",
            "std::__detail::",
            "std::_Rb_tree",
        ];
        let libcxx = entity.starts_with("std::__1::");
        let libstdcxx = entity.starts_with("__gnu_cxx::")
            || OF_LIBSTDCXX.iter().any(|prefix| entity.starts_with(prefix));
        if (self.macho && libstdcxx) || (!self.macho && libcxx) {
            Origin::OtherToolchain
        } else {
            Origin::CxxStandard
        }
    }

    /// `c10::Error::what` of whatever the symbol is about: without return type, parameters, `vtable for`.
    fn entity(self) -> Option<String> {
        let name = self.demangle(&DemangleOptions::new().no_params().no_return_type())?;
        // `{vtt(std::ifstream)}`, as the demangler writes tables.
        let table = name.strip_prefix('{').and_then(|rest| {
            let (kind, inner) = rest.split_once('(')?;
            let is_thunk = kind.contains("thunk");
            inner.strip_suffix(")}").filter(|_| !is_thunk)
        });
        if let Some(inner) = table {
            return Some(inner.to_owned());
        }
        let inner = match name.split_once(" for ").or_else(|| name.split_once(", ")) {
            Some((special, inner)) if !special.contains(['<', ':']) => inner,
            _ => &name,
        };
        Some(inner.to_owned())
    }

    fn demangle(self, options: &DemangleOptions) -> Option<String> {
        if !self.linkage.starts_with("_Z") || self.linkage.len() > LIMIT {
            return None;
        }
        let symbol = Symbol::new(self.linkage.as_bytes()).ok()?;
        let mut text = Bounded(String::new());
        symbol.structured_demangle(&mut text, options).ok()?;
        Some(text.0)
    }
}

/// The crate writes `{vtable(Foo)}` where every linker, compiler and debugger says `vtable for Foo`.
pub fn as_linkers_write(text: &str) -> String {
    let special = |text: &str| {
        let (what, of) = text
            .strip_prefix('{')?
            .strip_suffix(")}")?
            .split_once('(')?;
        let what = match what {
            "vtable" => "vtable for",
            "vtt" => "VTT for",
            "typeinfo" => "typeinfo for",
            "typeinfo name" => "typeinfo name for",
            _ => return None,
        };
        Some(format!("{what} {of}"))
    };
    special(text).unwrap_or_else(|| text.to_owned())
}

/// A text that refuses to grow past [`LIMIT`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len().saturating_add(text.len()) > LIMIT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

fn c_origin(name: &str) -> Origin {
    if is_torch_c_name(name) {
        Origin::Torch
    } else if is_c_api(name) {
        Origin::Python
    } else if name.starts_with("__cxa_")
        || ["__gxx_personality_v0", "__dynamic_cast"].contains(&name)
    {
        Origin::CxxStandard
    } else if is_gcc_runtime(name) {
        Origin::OtherToolchain
    } else {
        Origin::Unknown
    }
}

/// Names that torch exports to C: of its Python binding, of the stable ABI, of AOTInductor.
fn is_torch_c_name(name: &str) -> bool {
    let prefixes = [
        "THPVariable",
        "THPDevice",
        "THPDtype",
        "THPGenerator",
        "THPStorage",
        "THPSize",
        "THPStream",
        "THPEvent",
        "THPException",
        "THPUtils_",
        "THArgCheck",
        "THCState",
        "torch_library_",
        "torch_call_dispatcher",
        "torch_delete_",
        "torch_device_",
        "torch_dtype_",
        "torch_exception_get_",
        "torch_from_blob",
        "torch_generator_get_",
        "torch_get_const_data_ptr",
        "torch_get_mutable_data_ptr",
        "torch_get_num_threads",
        "torch_get_thread_idx",
        "torch_has_storage",
        "torch_list_",
        "torch_new_",
        "torch_parallel_for",
        "torch_parse_device_string",
        "torch_set_requires_grad",
        "torch_stream_native_handle",
        "torch_string_",
        "torch_tag_",
        "torch_tensor_from_pyobject",
        "torch_tensor_to_pyobject",
        "aoti_torch_",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// libgcc's functions for 128-bit numbers, emulated thread-local storage and processor detection.
fn is_gcc_runtime(name: &str) -> bool {
    const NAMES: &str = "\
        __addtf3 __subtf3 __multf3 __divtf3 __negtf2 __eqtf2 __netf2 __lttf2 __letf2 __gttf2 __getf2 \
        __unordtf2 __extenddftf2 __extendsftf2 __extendxftf2 __trunctfdf2 __trunctfsf2 __trunctfxf2 \
        __fixtfsi __fixtfdi __floatsitf __floatditf __floatunsitf __floatunditf __powitf2 __multc3 __divtc3 \
        __emutls_get_address __cpu_model __cpu_indicator_init __isOSVersionAtLeast \
        __isPlatformVersionAtLeast __udivti3 __umodti3";
    NAMES.split(' ').any(|own| own == name)
}

/// A function of libSystem's, which every process of macOS has: with its underscore, as files and most linkers write it.
pub fn is_of_libsystem(symbol: &str) -> bool {
    const NEWEST: Version = Version::new(26, 0, 0);
    // Of the linker's own, for lazy binding.
    if symbol == "dyld_stub_binder" {
        return true;
    }
    let known =
        Catalogue::builtin().symbol("/usr/lib/libSystem.B.dylib", symbol, Arch::X86_64, NEWEST);
    known == Known::Present
}

#[cfg(test)]
mod tests {
    use super::{Origin, SymbolName};

    fn elf(symbol: &str) -> SymbolName<'_> {
        SymbolName::new(symbol, false)
    }

    fn macho(symbol: &str) -> SymbolName<'_> {
        SymbolName::new(symbol, true)
    }

    #[test]
    fn symbols_of_torch_are_known_by_their_namespace() {
        for symbol in [
            "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs",
            "_ZTIN3c105ErrorE",
            "_ZNK2at10TensorBase3dimEv",
            "_ZThn16_N5torch8autograd4NodeD1Ev",
            "THPVariable_Wrap",
            "torch_library_impl",
            "torch_delete_list",
        ] {
            assert_eq!(elf(symbol).origin(), Origin::Torch, "{symbol}");
            assert_eq!(
                macho(&format!("_{symbol}")).origin(),
                Origin::Torch,
                "{symbol}"
            );
        }
    }

    #[test]
    fn a_function_of_the_project_that_takes_tensors_is_not_of_torch() {
        assert_eq!(
            macho("__Z23RasterizeMeshesFineCudaRKN2at6TensorES2_ifiib").origin(),
            Origin::Unknown
        );
        assert_eq!(elf("_ZN6kernel5scaleEdd").origin(), Origin::Unknown);
        assert_eq!(elf("torch_scatter_sum").origin(), Origin::Unknown);
        assert_eq!(elf("c10_add").origin(), Origin::Unknown);
    }

    #[test]
    fn standard_libraries_are_told_apart_by_system() {
        let libcxx = "_ZNKSt3__115basic_stringbufIcNS_11char_traitsIcEENS_9allocatorIcEEE3strEv";
        let libstdcxx = "_ZNSs4swapERSs";
        assert_eq!(macho(&format!("_{libcxx}")).origin(), Origin::CxxStandard);
        assert_eq!(elf(libcxx).origin(), Origin::OtherToolchain);
        assert_eq!(
            macho(&format!("_{libstdcxx}")).origin(),
            Origin::OtherToolchain
        );
        assert_eq!(elf(libstdcxx).origin(), Origin::CxxStandard);
        assert_eq!(
            macho("___cxa_init_primary_exception").origin(),
            Origin::CxxStandard
        );
        assert_eq!(macho("___addtf3").origin(), Origin::OtherToolchain);
    }

    #[test]
    fn the_abi_of_a_string_is_read_from_the_name() {
        assert_eq!(
            elf("_ZN3c106detail14torchCheckFailEPKcS2_jRKSs").cxx11_abi(),
            Some(false)
        );
        let new = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
        assert_eq!(elf(new).cxx11_abi(), Some(true));
        assert_eq!(elf("_ZN3c1010ValueSswapEv").cxx11_abi(), None);
        let view = "_ZN3c103fooESt17basic_string_viewIcSt11char_traitsIcEE";
        assert_eq!(elf(view).cxx11_abi(), None);
    }

    #[test]
    fn a_name_made_to_explode_stays_raw() {
        let mut name = "_ZN1aI1bS_".to_owned();
        name.push_str(&"IS0_S0_S0_S0_E".repeat(200));
        name.push_str("EE1cEv");
        assert_eq!(elf(&name).readable(&name), format!("`{name}`"));
    }
}
