//! Two wheels on three targets: one module fails on the oldest macOS, of one file it is not known, the rest loads.

use super::{NASTY, healthy, hostile, module, rich, text};
use crate::load::LoadVerdict;
use crate::report::{Report, SubjectRows, TargetCell, TargetMatrix, TargetRow, TargetSummary};

const WHEEL: &str = "x-1.0-cp311-cp311-macosx_10_13_universal2.whl";
const OTHER: &str = "y-2.0-py3-none-macosx_11_0_arm64.whl";

fn target(macos: &str, arch: &str) -> TargetSummary {
    TargetSummary::of(text(macos), text(arch), text("3.11"), None)
}

fn row(wheel: &str, path: &str, cells: [TargetCell; 3]) -> TargetRow {
    TargetRow {
        path: text(path),
        module: format!("{wheel}/{path}"),
        cells: cells.to_vec(),
    }
}

fn matrix(wheel: &str, file: &str) -> TargetMatrix {
    use TargetCell::{Absent, Carried, Fails, Loads, Unknown};
    let mut rows = vec![
        row(wheel, file, [Fails, Loads, Loads]),
        row(wheel, "x/lib/libx.dylib", [Carried, Carried, Carried]),
        row(wheel, "x/plugin.so", [Loads, Unknown, Loads]),
    ];
    rows.extend((0..9).map(|number| {
        let path = format!("x/m{number}.so");
        row(wheel, &path, [Loads, Loads, Loads])
    }));
    TargetMatrix {
        targets: vec![
            target("10.13", "x86_64"),
            target("26.0", "x86_64"),
            target("26.0", "arm64"),
        ],
        subjects: vec![
            SubjectRows {
                name: text(wheel),
                rows,
            },
            SubjectRows {
                name: text(OTHER),
                rows: vec![row(OTHER, "y.dylib", [Absent, Absent, Loads])],
            },
        ],
    }
}

/// What `loadproof check` comes to.
pub(in crate::render) fn checked() -> Report {
    let file = "x/_C.so";
    let path = format!("{WHEEL}/{file}");
    let mut report = healthy();
    report.project = format!("dist/{WHEEL}, dist/{OTHER}");
    report.host.system = text("macOS");
    report.host.version = text("10.13, 26.0");
    report.host.arch = text("arm64, x86_64");
    report.build = None;
    let mut broken = module(&path, Some("x._C"));
    broken.would_load = LoadVerdict::Fails;
    broken.attempts.clear();
    broken.failures = rich()
        .modules
        .into_iter()
        .flat_map(|module| module.failures)
        .collect();
    report.modules = vec![broken];
    report.causes = rich().causes.into_iter().take(1).collect();
    for cause in &mut report.causes {
        cause.modules = vec![path.clone()];
        cause
            .facts
            .insert("targets", target("10.13", "x86_64").name);
    }
    report.checks.clear();
    report.targets = Some(matrix(WHEEL, file));
    report
}

/// The same of an attacker.
pub(in crate::render) fn hostile_check() -> Report {
    let mut report = hostile();
    let mut matrix = matrix(&format!("{NASTY}.whl"), NASTY);
    for target in &mut matrix.targets {
        let nasty = |text: &str| format!("{text}{NASTY}");
        *target = TargetSummary::of(
            nasty(&target.macos),
            nasty(&target.arch),
            nasty("3"),
            Some(nasty("2")),
        );
    }
    for cause in &mut report.causes {
        let names = matrix.targets.iter().take(2).map(|target| &*target.name);
        let names: Vec<&str> = names.collect();
        cause.facts.insert("targets", names.join("; "));
    }
    // Nothing is run, so that nothing can be observed.
    report.disagreements.clear();
    report.targets = Some(matrix);
    report
}
