//! For every cause that a text can have: words that tell of it, and words that only look like it.
//!
//! A module of its own, because the rules' own tests ask it which causes have a case here.

/// The cause, what tells of it, and what does not.
pub(crate) const CASES: &[(&str, &str, &str)] = &[
    (
        "arch-mismatch",
        "zsh: bad CPU type in executable: python3",
        "the file is universal: it has x86_64 and arm64",
    ),
    (
        "build-tool-missing",
        "RuntimeError: Ninja is required to load C++ extensions (pip install ninja to get it)",
        "    raise RuntimeError(\"Ninja is required to load C++ extensions\")",
    ),
    (
        "code-signature-invalid",
        "Termination Reason: Namespace CODESIGNING, Code 2 Invalid Page",
        "Identifier=demo\nCodeDirectory v=20400 flags=0x2(adhoc)\nSignature=adhoc",
    ),
    (
        "compiler-flag-unsupported",
        "clang: error: unsupported option '-fopenmp'",
        "clang: warning: argument unused during compilation: '-pthread' [-Wunused-command-line-argument]",
    ),
    (
        "compiler-missing-or-clt",
        "xcrun: error: SDK \"macosx\" cannot be located",
        "Xcode 16.2, build 16C5032a",
    ),
    (
        "compiler-runtime-mismatch",
        "ImportError: dlopen(/x/_C.so, 2): Symbol not found: ___emutls_get_address\n  Referenced from: /x/_C.so\n  \
         Expected in: /usr/lib/libSystem.B.dylib",
        "nm: 0000 T ___emutls_get_address",
    ),
    (
        "crash-at-import",
        "python3 -c 'import demo'\nSegmentation fault: 11",
        "test_segmentation_of_faults PASSED",
    ),
    (
        "crash-illegal-instruction",
        "zsh: illegal hardware instruction  python3",
        "The parser reports an illegal character",
    ),
    (
        "cxx-standard-too-low",
        "all.h:4:2: error: C++17 or later compatible compiler is required to use PyTorch.",
        "-- The compiler supports C++17 or later",
    ),
    (
        "deployment-target-conflict",
        "error: $MACOSX_DEPLOYMENT_TARGET mismatch: now \"10.9\" but \"11.0\" during configure",
        "src/a.m:1:1: warning: 'x' is only available on macOS 10.13 or newer [-Wunguarded-availability-new]",
    ),
    (
        "duplicate-objc-class",
        "objc[1]: Class A is implemented in both /a/libx.dylib (0x1) and /b/libx.dylib (0x2). One of the two will be used.",
        "Class A is implemented in src/a.m",
    ),
    (
        "duplicate-openmp-runtime",
        "OMP: Error #15: Initializing libiomp5.dylib, but found libomp.dylib already initialized.",
        "OMP: Info #155: KMP_AFFINITY: Initial OS proc set respected",
    ),
    (
        "duplicate-rpath",
        "dlopen(/x.so, 0x0002): tried: '/x.so' (duplicate LC_RPATH '@loader_path')",
        "cmd LC_RPATH\n  path @loader_path (offset 12)",
    ),
    (
        "dylib-version-incompatible",
        "dyld: Library not loaded: /opt/local/lib/libz.1.dylib\n  Referenced from: /x/a\n  Reason: Incompatible library \
         version: a requires version 2.0.0 or later, but libz.1.dylib provides version 1.0.0",
        "libz.1.dylib (compatibility version 1.0.0, current version 1.2.11)",
    ),
    (
        "environment-mismatch",
        "Fatal Python error: PyThreadState_Get: no current thread",
        "3   org.python.python  0x0000000100000000 PyThreadState_Get + 44",
    ),
    (
        "extension-file-missing",
        "  File \"/v/lib/python3.11/site-packages/demo/__init__.py\", line 1, in <module>\nImportError: cannot import name \
         '_C' from 'demo' (/v/lib/python3.11/site-packages/demo/__init__.py)",
        "  File \"/v/lib/python3.11/site-packages/demo/__init__.py\", line 1, in <module>\nImportError: cannot import name \
         'new_function' from 'other' (/v/lib/python3.11/site-packages/other/__init__.py)",
    ),
    (
        "gatekeeper-quarantine",
        "“_C.so” can’t be opened because Apple cannot check it for malicious software.",
        "The file cannot be opened because it does not exist",
    ),
    (
        "header-missing",
        "a.cpp:1:10: fatal error: 'hdf.h' file not found",
        "-- Looking for hdf.h - not found",
    ),
    (
        "interpreter-broken",
        "dyld: Library not loaded: @executable_path/../.Python\n  Referenced from: /v/bin/python\n  Reason: image not found",
        "@executable_path/../.Python (compatibility version 3.9.0, current version 3.9.0)",
    ),
    (
        "library-not-found-absolute",
        "dyld[1]: Library not loaded: /usr/local/opt/libomp/lib/libomp.dylib\n  Referenced from: <no uuid> /x/a.so",
        "dyld[1]: <8A0B02E7-2DFD-303B-BFF6-796F83D0D88F> /usr/local/opt/libomp/lib/libomp.dylib",
    ),
    (
        "library-not-found-bare",
        "OSError: dlopen(libfoo.dylib, 6): image not found",
        "libfoo.dylib: loaded",
    ),
    (
        "library-not-found-rpath",
        "@rpath/libfoo.dylib not found:\n  Needed by: /x/_C.so",
        "RPATH successful expansion of @rpath/libfoo.dylib to: /x/libfoo.dylib",
    ),
    (
        "link-library-missing",
        "ld: library 'foo' not found",
        "ld: warning: directory not found for option '-L/opt/foo'",
    ),
    (
        "link-undefined-symbols",
        "Undefined symbols for architecture arm64:\n  \"_foo\", referenced from:\n      _bar in a.o",
        "clang a.o -o _configtest\nUndefined symbols for architecture arm64:\n  \"_foo\", referenced from:\n      _main in \
         _configtest.o",
    ),
    (
        "malformed-macho",
        "dlopen(/x.so, 6): no suitable image found.  Did find:\n\t/x.so: malformed mach-o image: missing LC_DYSYMTAB",
        "malformed mach-o files are skipped by this tool",
    ),
    (
        "min-os-too-new",
        "/x.so: cannot load 'x.so' (load command 0x80000034 is unknown)",
        "minos 14.0, sdk 15.0",
    ),
    (
        "module-init-missing",
        "ImportError: dynamic module does not define module export function (PyInit_demo)",
        "0000000000000f00 T _PyInit_demo",
    ),
    (
        "module-loaded-twice",
        "ImportError: cannot load module more than once per process",
        "loads each module no more than once",
    ),
    (
        "module-not-found",
        "ModuleNotFoundError: No module named 'torch'",
        "-- Python module torch: found",
    ),
    (
        "module-shadowed",
        "ModuleNotFoundError: No module named 'torch.nn'; 'torch' is not a package",
        "AttributeError: module 'torch' has no attribute 'compile'",
    ),
    (
        "no-matching-wheel",
        "ERROR: demo-1.0-cp310-cp310-macosx_11_0_arm64.whl is not a supported wheel on this platform.",
        "Downloading demo-1.0-cp310-cp310-macosx_11_0_arm64.whl (1.0 MB)",
    ),
    (
        "not-a-macho",
        "dlopen(/x.so, 0x0006): tried: '/x.so' (not a mach-o file)",
        "/x.so: Mach-O 64-bit bundle arm64",
    ),
    (
        "numpy-abi",
        "RuntimeError: module compiled against API version 0xc but this version of numpy is 0x9",
        "module compiled against the limited API",
    ),
    (
        "numpy-import-failed",
        "IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE!",
        "IMPORTANT: this package needs numpy",
    ),
    (
        "python-version-mismatch",
        "ImportError: Python version mismatch: module was compiled for Python 3.10, but the interpreter version is \
         incompatible: 3.9.10",
        "UserWarning: Version mismatch between the client and the server",
    ),
    (
        "sip-restricted-relative-path",
        "Reason: unsafe use of relative rpath libx.dylib in ./a.so with restricted binary",
        "warning: relative rpath in ./a.so",
    ),
    (
        "symbol-missing-libcxx",
        "dlopen(/x.so, 2): Symbol not found: __ZNSt3__113basic_filebufIcNS_11char_traitsIcEEE4openEPKcj\n  Referenced from: \
         /x.so\n  Expected in: /usr/lib/libc++.1.dylib",
        "U __ZNSt3__113basic_filebufIcNS_11char_traitsIcEEE4openEPKcj",
    ),
    (
        "symbol-missing-other",
        "ImportError: dlopen(/x.so, 0x0002): symbol not found in flat namespace '_Pm_Close'",
        "(undefined) external _Pm_Close (dynamically looked up)",
    ),
    (
        "symbol-missing-python",
        "ImportError: dlopen(/x.so, 0x0002): symbol not found in flat namespace '_PyFrame_GetLasti'",
        "(undefined) external _PyFrame_GetLasti (dynamically looked up)",
    ),
    (
        "symbol-missing-torch-abi",
        "dlopen(/x.so, 0x0006): Symbol not found: __ZN3c1011CPUTensorIdEv\n  Referenced from: <no uuid> /x.so\n  Expected \
         in:     <no uuid> /t/libc10.dylib",
        "dlopen(/x.so, 0x0006): Symbol not found: __Z4drawRKN2at6TensorE\n  Referenced from: <no uuid> /x.so\n  Expected \
         in:     <no uuid> /t/libdraw.dylib",
    ),
    (
        "torch-not-imported-first",
        "ImportError: dlopen(/x.so, 2): Symbol not found: _THPVariableClass\n  Referenced from: /x.so\n  Expected in: flat \
         namespace",
        "dlopen(/x.so, 0x0006): Symbol not found: _THPVariableClass\n  Referenced from: <no uuid> /x.so\n  Expected in:     \
         <no uuid> /t/libtorch_python.dylib",
    ),
    (
        "torch-op-missing",
        "RuntimeError: operator torchvision::nms does not exist",
        "RuntimeError: Could not run 'torchvision::nms' with arguments from the 'MPS' backend.",
    ),
];
