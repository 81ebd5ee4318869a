//! Which names belong to CPython's C API.

/// A function or variable of CPython: `Py_` or `_Py_`, or the name of one of CPython's types and modules with `_`.
/// A project's own `PyThing_New` is none.
pub fn is_c_api(name: &str) -> bool {
    if name.starts_with("Py_") || name.starts_with("_Py_") || name == "_PyRuntime" {
        return true;
    }
    let Some(rest) = name.strip_prefix("_Py").or_else(|| name.strip_prefix("Py")) else {
        return false;
    };
    let Some((part, _)) = rest.split_once('_') else {
        return false;
    };
    let private = name.starts_with('_') && PRIVATE_PARTS.contains(&part);
    private || TYPES.split(' ').any(|own| own == name) || PARTS.split(' ').any(|own| own == part)
}

/// Types whose names are words that projects use, too.
const TYPES: &str = "PyEnum_Type PyFilter_Type PyMap_Type PyZip_Type";

/// What stands so only behind `_Py`.
const PRIVATE_PARTS: [&str; 4] = ["Argv", "Deadline", "Stack", "Token"];

/// What stands between `Py` and the next underscore in the headers of CPython 2.7 to 3.15.
const PARTS: &str = "\
    ABIInfo Accu AIter Arena Arg AsyncGen AsyncGenASend AsyncGenAThrow AsyncGenWrappedValue BaseObject Bool Buffer \
    ByteArray ByteArrayIter Bytes BytesIOBuffer BytesIter BytesWriter Callable CallIter Capsule Cell CFunction Class \
    ClassMethod ClassMethodDescr CMethod Cmp CObject Code Codec CodecInfo CodeInfo Compile Complex Config Context \
    ContextToken ContextVar Coro CoroWrapper Critical CriticalSection CriticalSection2 CrossInterpreterData DateTime \
    Descr Dict DictItems DictIterItem DictIterKey DictIterValue DictKeys DictProxy DictRevIterItem DictRevIterKey \
    DictRevIterValue DictValues DictView Ellipsis Err Eval Exc Exception ExceptionClass File Float Frame FrozenSet \
    Function GC Gen GetSetDescr GILState Hash Import Index InstanceMethod Int Interpreter InterpreterConfig \
    InterpreterGuard InterpreterID InterpreterState InterpreterView Iter List ListIter ListRevIter Long LongExport \
    LongRangeIter LongWriter Mac ManagedBuffer Mapping Marshal Mem Member MemberDescr MemoryView Method MethodDescr \
    MethodWrapper Module ModuleDef ModuleSpec Monitoring Mutex Namespace None NotImplemented Number Object \
    ObjectDict ODict ODictItems ODictIter ODictKeys ODictValues Optimizer OS Parser PathConfig PickleBuffer \
    PreConfig Property Range RangeIter Refcnt RefTracer Reversed Run Runtime RuntimeState SeqIter Sequence Set \
    SetIter Slice State StaticMethod Stats Status StdPrinter String StructSequence Super Symtable Sys Thread \
    ThreadState Time TraceBack Traceback TraceMalloc Trash Tuple TupleIter Type Unicode UnicodeDecodeError \
    UnicodeEncodeError UnicodeIter UnicodeTranslateError UnicodeUCS2 UnicodeUCS4 UnicodeWriter Unstable Vectorcall \
    Warnings Weakref WideStringList Wrapper WrapperDescr";

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
            "PyCriticalSection2_Begin",
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
