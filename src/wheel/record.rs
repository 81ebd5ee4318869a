//! `RECORD`: the list of a wheel's files with their hashes and sizes (CSV, as Python's `csv` writes it).

/// What RECORD lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// In file order.
    pub entries: Vec<RecordEntry>,
    /// Lines that are no three fields: their numbers, from 1.
    pub odd_lines: Vec<usize>,
}

/// One line of RECORD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEntry {
    /// The path in the archive.
    pub path: String,
    /// The hash's algorithm, such as `sha256`; empty where no hash is given.
    pub algorithm: String,
    /// The hash in URL-safe Base64 without `=`.
    pub hash: String,
    /// The size; `None`: not given, or not a number.
    pub size: Option<u64>,
}

impl Record {
    /// Reads RECORD.
    pub fn parse(text: &str) -> Record {
        let mut record = Record::default();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let fields = fields(line);
            let [path, hash, size] = fields.as_slice() else {
                record.odd_lines.push(index.saturating_add(1));
                continue;
            };
            let (algorithm, hash) = hash.split_once('=').unwrap_or(("", hash));
            record.entries.push(RecordEntry {
                path: path.clone(),
                algorithm: algorithm.to_owned(),
                hash: hash.trim_end_matches('=').to_owned(),
                size: size.parse().ok(),
            });
        }
        record
    }
}

/// The fields of one line; a quoted field may hold commas, and quotes written twice.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        let Some(field) = fields.last_mut() else {
            break;
        };
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::Record;

    #[test]
    fn lines_are_paths_hashes_and_sizes() {
        let text =
            "a.py,sha256=abc_-,12\r\n\"b,\"\"c\"\".py\",md5=x,\npkg.dist-info/RECORD,,\nodd\n";
        let record = Record::parse(text);
        let shown: Vec<_> = record
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.path.as_str(),
                    entry.algorithm.as_str(),
                    entry.hash.as_str(),
                    entry.size,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("a.py", "sha256", "abc_-", Some(12)),
                ("b,\"c\".py", "md5", "x", None),
                ("pkg.dist-info/RECORD", "", "", None),
            ]
        );
        assert_eq!(record.odd_lines, [4]);
    }
}
