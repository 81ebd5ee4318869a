//! Which names belong to CPython's C API.

/// A function or variable of CPython: `Py_` or `_Py_`, or the name of one of CPython's types and modules with `_`.
/// A project's own `PyThing_New` is none.
pub fn is_c_api(name: &str) -> bool {
    if name.starts_with("Py_") || name.starts_with("_Py_") {
        return true;
    }
    let Some(rest) = name.strip_prefix("_Py").or_else(|| name.strip_prefix("Py")) else {
        return false;
    };
    let Some((part, _)) = rest.split_once('_') else {
        return false;
    };
    PARTS.split(' ').any(|own| own == part)
}

/// What stands between `Py` and the next underscore in the headers of CPython 2.7 to 3.15.
const PARTS: &str = "\
    Arg AsyncGen Bool Buffer ByteArray Bytes CFunction CMethod CObject CallIter Callable Capsule Cell Class Code \
    CodeInfo Codec CodecInfo Complex Config Context ContextVar Coro Critical CriticalSection CrossInterpreterData \
    DateTime Descr Dict DictProxy Ellipsis Err Eval Exc Exception File Float Frame FrozenSet Function GC GILState \
    Gen Hash Import Index InstanceMethod Int Interpreter InterpreterState Iter List Long LongWriter Mapping \
    Marshal Mem Member MemoryView Method Module ModuleDef Monitoring Mutex Namespace Number OS Object ObjectDict \
    PickleBuffer PreConfig Property Range Run Runtime RuntimeState SeqIter Sequence Set Slice State StaticMethod \
    Status String StructSequence Super Sys Thread ThreadState Time TraceBack TraceMalloc Traceback Trash Tuple \
    Type Unicode UnicodeUCS2 UnicodeUCS4 UnicodeWriter Unstable Vectorcall Weakref WideStringList Wrapper";

#[cfg(test)]
mod tests {
    use super::is_c_api;

    #[test]
    fn the_c_api_is_told_from_names_that_look_like_it() {
        for symbol in [
            "PyFrame_GetLasti",
            "_PyCodecInfo_GetIncrementalDecoder",
            "_Py_Dealloc",
            "PyExc_OSError",
        ] {
            assert!(is_c_api(symbol), "{symbol}");
        }
        for symbol in [
            "PyInit_hello",
            "PyThing_New",
            "Pyramid_build",
            "PyList",
            "_PyMine",
        ] {
            assert!(!is_c_api(symbol), "{symbol}");
        }
    }
}
