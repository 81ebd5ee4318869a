//! C libraries of macOS that frameworks of the system are linked to: they may be in a process although nobody there
//! asked for them, and a flat lookup finds their functions.

/// Install names, and the words with which the functions of their public headers begin.
const LIBRARIES: [(&str, &[&str]); 9] = [
    (
        "/usr/lib/libz.1.dylib",
        &[
            "adler32",
            "compress",
            "crc32",
            "deflate",
            "get_crc_table",
            "gzbuffer",
            "gzclearerr",
            "gzclose",
            "gzdirect",
            "gzdopen",
            "gzeof",
            "gzerror",
            "gzflush",
            "gzfread",
            "gzfwrite",
            "gzgetc",
            "gzgets",
            "gzoffset",
            "gzopen",
            "gzprintf",
            "gzputc",
            "gzputs",
            "gzread",
            "gzrewind",
            "gzseek",
            "gzsetparams",
            "gztell",
            "gzungetc",
            "gzvprintf",
            "gzwrite",
            "inflate",
            "uncompress",
            "zError",
            "zlibCompileFlags",
            "zlibVersion",
        ],
    ),
    ("/usr/lib/libbz2.1.0.dylib", &["BZ2"]),
    ("/usr/lib/libexpat.1.dylib", &["XML"]),
    ("/usr/lib/libiconv.2.dylib", &["iconv", "libiconv"]),
    ("/usr/lib/libsqlite3.dylib", &["sqlite3"]),
    ("/usr/lib/liblzma.5.dylib", &["lzma"]),
    ("/usr/lib/libffi.dylib", &["ffi"]),
    ("/usr/lib/libcompression.dylib", &["compression"]),
    ("/usr/lib/libarchive.2.dylib", &["archive"]),
];

/// The library that the symbol is of, going by its name. Nothing tells which libraries the system's frameworks bring,
/// nor all that these export: nothing follows from it but doubt.
pub(super) fn library_of(symbol: &str) -> Option<&'static str> {
    let name = symbol.strip_prefix('_')?;
    let begins = |word: &str| {
        let rest = name.strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
    };
    let mut libraries = LIBRARIES.iter();
    let found = libraries.find(|(_, words)| words.iter().any(|word| begins(word)));
    found.map(|(library, _)| *library)
}

#[cfg(test)]
mod tests {
    use super::library_of;

    #[test]
    fn a_name_is_of_a_library_by_its_first_word() {
        for (symbol, library) in [
            ("_iconv", "/usr/lib/libiconv.2.dylib"),
            ("_iconv_open", "/usr/lib/libiconv.2.dylib"),
            ("_crc32_combine", "/usr/lib/libz.1.dylib"),
            ("_gzerror", "/usr/lib/libz.1.dylib"),
            ("_gzseek64", "/usr/lib/libz.1.dylib"),
            ("_inflateInit2_", "/usr/lib/libz.1.dylib"),
            ("_sqlite3_open", "/usr/lib/libsqlite3.dylib"),
            ("_BZ2_bzCompress", "/usr/lib/libbz2.1.0.dylib"),
        ] {
            assert_eq!(library_of(symbol), Some(library), "{symbol}");
        }
        for symbol in [
            "_compressor",
            "_gsl_rng_default",
            "iconv",
            "__ZN5iconvEv",
            "_bcp_batch",
        ] {
            assert_eq!(library_of(symbol), None, "{symbol}");
        }
    }
}
