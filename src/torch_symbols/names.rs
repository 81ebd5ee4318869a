//! The sorted names of the table, one after the other.

/// Some twenty times what all releases have today; it keeps a damaged table from filling memory.
const MOST_BYTES: usize = 256 << 20;

/// Names in the order of their bytes.
#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let start = usize::try_from(*self.starts.get(at)?).ok()?;
        let end = match self.starts.get(at.checked_add(1)?) {
            Some(end) => usize::try_from(*end).ok()?,
            None => self.bytes.len(),
        };
        self.bytes.get(start..end)
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle)?.cmp(name) {
                std::cmp::Ordering::Less => low = middle.checked_add(1)?,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// Adds a name behind the last one. `None` if it does not belong there, or the names fill 4 GiB.
    pub(super) fn push(&mut self, name: &[u8]) -> Option<()> {
        if self.len().checked_sub(1).and_then(|last| self.get(last)) >= Some(name) {
            return None;
        }
        self.starts.push(u32::try_from(self.bytes.len()).ok()?);
        self.bytes.extend_from_slice(name);
        Some(())
    }

    /// Adds a name that begins with the first `shared` bytes of the last one.
    pub(super) fn push_after(&mut self, shared: usize, rest: &[u8]) -> Option<()> {
        let last = self
            .starts
            .last()
            .map_or(Some(0), |start| usize::try_from(*start).ok())?;
        let end = last
            .checked_add(shared)
            .filter(|end| *end <= self.bytes.len())?;
        let last_length = self.bytes.len().checked_sub(last)?;
        let sorted = match self.bytes.get(end) {
            // The first name, or one that goes on where the last one ended.
            None => self.starts.is_empty() || (shared == last_length && !rest.is_empty()),
            Some(byte) => rest.first().is_some_and(|first| first >= byte),
        };
        if !sorted {
            return None;
        }
        let grown = self
            .bytes
            .len()
            .checked_add(shared)?
            .checked_add(rest.len())?;
        if grown > MOST_BYTES {
            return None;
        }
        self.starts.push(u32::try_from(self.bytes.len()).ok()?);
        self.bytes.extend_from_within(last..end);
        self.bytes.extend_from_slice(rest);
        Some(())
    }
}

/// Could only torch have a symbol of that name: something in `c10`, `at`, `torch` or `caffe2`, or a C function of its
/// binding or its stable ABI?
pub(super) fn are_torchs(symbol: &str) -> bool {
    let Some(name) = symbol.strip_prefix('_') else {
        return false;
    };
    if let Some(mangled) = name.strip_prefix("_Z") {
        return is_in_namespace(mangled);
    }
    // `torch_` alone is what extensions call their own functions, too.
    const C: [&str; 6] = [
        "THPVariable",
        "THPUtils_",
        "aoti_torch_",
        "torch_library_",
        "torch_call_dispatcher",
        "torch_dtype_",
    ];
    C.iter().any(|prefix| name.starts_with(prefix))
}

/// The Itanium mangling behind `_Z`: special prefix, `N` and qualifiers, then the length and name of the namespace.
fn is_in_namespace(mangled: &str) -> bool {
    const SPECIAL: [&str; 8] = ["TV", "TI", "TS", "TT", "GV", "TW", "TH", "GR"];
    let entity = SPECIAL
        .iter()
        .find_map(|special| mangled.strip_prefix(special))
        .unwrap_or(mangled);
    let Some(nested) = entity.strip_prefix('N') else {
        return false;
    };
    let inner = nested.trim_start_matches(['r', 'V', 'K', 'R', 'O']);
    ["3c10", "2at", "5torch", "6caffe2", "4c10d"]
        .iter()
        .any(|namespace| {
            let rest = inner.strip_prefix(namespace);
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
}
