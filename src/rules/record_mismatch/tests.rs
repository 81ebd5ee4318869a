//! A wheel that is so, and one that only looks like it.

use super::super::testing::wheels::{module, record, wheel};
use crate::diagnosis::Severity;

const ID: &str = "record-mismatch";
const MODULE: &str = "x/_C.cpython-311-darwin.so";

/// RECORD of the wheel below with `change` done to it.
fn said(change: impl FnOnce(String) -> String) -> Vec<String> {
    let mut case = wheel(vec![(MODULE, module())]);
    let wheel = case.read();
    let files: Vec<(&str, Vec<u8>)> = case.files.clone();
    let mut text = record(&files);
    for file in wheel
        .files
        .iter()
        .filter(|file| file.path.contains(".dist-info/") && !file.path.ends_with("RECORD"))
    {
        let hash = base64::Engine::encode(&super::URL_SAFE_NO_PAD, file.sha256.expect("a hash"));
        text += &format!("{},sha256={hash},{}\n", file.path, file.size);
    }
    case.record = Some(change(text));
    let findings = case.only(ID).into_iter();
    let told = findings.map(|(severity, finding)| match severity {
        Severity::Error => finding.message,
        other => format!("{other}: {}", finding.message),
    });
    told.collect()
}

/// The text with every hash in hexadecimal digits.
fn hexadecimal(text: &str) -> String {
    let line = |line: &str| {
        let Some((path, rest)) = line.split_once(",sha256=") else {
            return format!("{line}\n");
        };
        let (hash, size) = rest.split_once(',').expect("a size");
        let bytes = base64::Engine::decode(&super::URL_SAFE_NO_PAD, hash).expect("a hash");
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{path},sha256={digits},{size}\n")
    };
    text.lines().map(line).collect()
}

#[test]
fn right_hashes_in_hex_are_one_warning_and_a_wrong_one_stays_an_error() {
    let right = said(|text| hexadecimal(&text));
    assert_eq!(right.len(), 1, "{right:?}");
    assert!(
        right[0].starts_with("warning: RECORD writes its digests in hex (3 files)"),
        "{right:?}"
    );
    let wrong = said(|text| {
        let lines = text.lines().map(|line| match line.split_once("sha256=") {
            Some((path, rest)) if path.starts_with(MODULE) => {
                let (_, size) = rest.split_once(',').expect("a size");
                format!("{path}sha256={},{size}\n", "0".repeat(64))
            }
            _ => hexadecimal(line),
        });
        lines.collect()
    });
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert_eq!(
        wrong[0],
        format!("`{MODULE}` is not what RECORD lists: its SHA-256 is another")
    );
    assert!(wrong[1].contains("(2 files)"), "{wrong:?}");
}

#[test]
fn a_right_record_is_silent_in_any_order() {
    let reversed = |text: String| {
        text.lines()
            .rev()
            .map(|line| format!("{line}\r\n"))
            .collect::<String>()
    };
    assert_eq!(said(reversed), Vec::<String>::new());
    // The list need not name itself.
    let nameless = |text: String| text.replace("x-1.0.dist-info/RECORD,,\n", "");
    assert_eq!(said(nameless), Vec::<String>::new());
}

#[test]
fn each_lie_is_told_with_the_member() {
    let other_size = said(|text| {
        text.replacen(',', ",sha256=", 0)
            .replace("METADATA,sha256=", "METADATA,sha256=A")
    });
    assert_eq!(other_size.len(), 1, "{other_size:?}");
    assert!(
        other_size[0].contains("`x-1.0.dist-info/METADATA` is not what RECORD lists"),
        "{other_size:?}"
    );
    let size = said(|text| {
        let lines = text.lines().map(|line| match line.strip_prefix(MODULE) {
            Some(_) => format!("{}1\n", line),
            None => format!("{line}\n"),
        });
        lines.collect()
    });
    assert!(
        size[0].contains(MODULE) && size[0].contains("bytes, and RECORD lists"),
        "{size:?}"
    );
    let unlisted = said(|text| {
        text.lines()
            .filter(|line| !line.starts_with(MODULE))
            .map(|line| format!("{line}\n"))
            .collect()
    });
    assert_eq!(unlisted, [format!("RECORD does not list `{MODULE}`")]);
    let absent = said(|text| text + "x/gone.py,sha256=x,1\n");
    assert_eq!(
        absent,
        ["RECORD lists `x/gone.py`, and the wheel does not hold it"]
    );
    let weak = said(|text| text.replace("WHEEL,sha256=", "WHEEL,md5="));
    assert_eq!(weak, ["RECORD gives no SHA-256 of `x-1.0.dist-info/WHEEL`"]);
    let odd = said(|text| text + "nonsense\n");
    assert!(odd[0].starts_with("RECORD is damaged: its line"), "{odd:?}");
}
