//! Properties that hold whatever the case: what must not change a verdict, and that damage ends in one.

use std::sync::Arc;

use loadproof::dyld::{self, Generation};
use loadproof::host::disk::Disk;
use loadproof::image::{Dependent, Image};
use loadproof::load::{Content, Export, ImageSource, Load, LoadFailure, Lookup, Question, Reason};
use loadproof::macho::{self, PageHashes};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{self, Fixture, Node};
use crate::{synthetic, templates};

/// A source that changes the content of files on the way.
struct Changed<'a, F> {
    disk: &'a Disk,
    change: F,
}

impl<F: Fn(&str, &Content) -> Option<Content>> ImageSource for Changed<'_, F> {
    fn lookup(&self, path: &str) -> Lookup {
        self.disk.lookup(path)
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        let content = self.disk.content(real_path);
        (self.change)(real_path, &content).map_or(content, Arc::new)
    }

    fn real_path(&self, path: &str) -> Option<String> {
        self.disk.real_path(path)
    }

    fn export(&self, real_path: &str, slice: usize, question: &Question<'_>) -> Export {
        self.disk.export(real_path, slice, question)
    }
}

fn simulate(fixture: &Fixture, images: &dyn ImageSource) -> Load {
    let (process, request) = synthetic::process(&fixture.case);
    dyld::load(&process, &request, images, &synthetic::cache())
}

fn with_weak_dependent(image: &Image, name: &str) -> Image {
    let mut image = image.clone();
    if !image.dependents.is_empty() {
        image.dependents.push(Dependent {
            install_name: name.to_owned(),
            weak: true,
            reexport: false,
            upward: false,
            delay_init: false,
            current_version: None,
            compatibility_version: None,
        });
    }
    image
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn an_absent_weak_dependent_changes_no_verdict(
        name in "(@rpath/|@loader_path/|@executable_path/\\.\\./|/opt/|)lib[a-z]{12}\\.dylib",
    ) {
        for (case, fixture) in fixture::all() {
            let root = fixture.lay_out();
            let disk = Disk::under(root.path());
            let before = simulate(&fixture, &disk);
            let change = |_: &str, content: &Content| match content {
                Content::MachO { slices } => Some(Content::MachO {
                    slices: slices.iter().map(|image| with_weak_dependent(image, &name)).collect(),
                }),
                _ => None,
            };
            let after = simulate(&fixture, &Changed { disk: &disk, change });
            prop_assert_eq!(before.verdict(), after.verdict(), "{}", case);
            let first = |load: &Load| load.failures.first().map(|failure| failure.subject.clone());
            prop_assert_eq!(first(&before), first(&after), "{}", case);
        }
    }

    #[test]
    fn neither_the_place_of_the_root_nor_the_order_of_files_matters(
        depth in prop::collection::vec("[a-z]{1,12}", 0..6),
        seed in any::<u64>(),
    ) {
        for (case, fixture) in fixture::all() {
            let (here, elsewhere) = (fixture.lay_out(), TempDir::new().unwrap());
            let root = depth.iter().fold(elsewhere.path().to_path_buf(), |path, name| path.join(name));
            let mut order: Vec<&String> = fixture.tree.keys().collect();
            order.sort_by_key(|path| path.bytes().fold(seed, |hash, byte| {
                hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
            }));
            fixture.lay_out_in(&root, &order);
            let one = fixture::run(&fixture::flags(&fixture.case, here.path()));
            let two = fixture::run(&fixture::flags(&fixture.case, &root));
            prop_assert_eq!(one, two, "{}", case);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_file_changed_anywhere_is_read_and_asked_without_a_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        in_header in any::<bool>(),
    ) {
        let hashes = fixture::hashes();
        let mut bytes = std::fs::read(fixture::folder().join("files").join(which.get(&hashes))).unwrap();
        let reach = if in_header { bytes.len().min(2048) } else { bytes.len() };
        if reach > 0 {
            for (place, value) in changes {
                bytes[place.index(reach)] = value;
            }
        }
        if let Content::MachO { slices } = macho::read(&bytes, PageHashes::All) {
            for image in &slices {
                for symbol in ["_foo", "", "_PyInit__ext"] {
                    macho::export(&bytes, image, symbol);
                }
                let recorded = serde_json::to_string(image).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Image>(&recorded).unwrap(), image);
            }
        }
    }
}

/// What a text does not say is no contradiction.
fn agrees(predicted: &LoadFailure, read: &LoadFailure) -> bool {
    let fits = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
    // A universal file with one damaged slice gets the words for a missing one.
    let missing = ["fat file, but", "no matching architecture"];
    let is_missing = |why: &str| missing.iter().any(|start| why.starts_with(start));
    let words = predicted
        .tried
        .iter()
        .any(|attempt| is_missing(&attempt.why));
    let reason = predicted.reason == read.reason
        || (words && predicted.reason == Reason::Malformed && read.reason == Reason::ArchMismatch);
    reason
        && predicted.subject == read.subject
        && fits(&predicted.referenced_from, &read.referenced_from)
        && fits(&predicted.expected_in, &read.expected_in)
        && (read.tried.is_empty() || predicted.tried == read.tried)
        && predicted.message.trim_end() == read.message
}

#[test]
fn every_predicted_message_reads_back_as_the_failure() {
    let versions = [
        "11.7", "12.3", "12.6", "13.6", "14.2", "14.5", "15.2", "15.5", "26.1",
    ];
    let mut compared = 0;
    for (name, fixture) in fixture::all() {
        let root = fixture.lay_out();
        for version in versions {
            let mut fixture = fixture.clone();
            fixture.case["os"] = version.into();
            let load = simulate(&fixture, &Disk::under(root.path()));
            for failure in &load.failures {
                let read = dyld::parse(&failure.message);
                // dyld2 says nothing about damaged tables and the like that could be read back.
                let Some(read) = read else {
                    panic!(
                        "{name} on {version}: nothing read out of {}",
                        failure.message
                    );
                };
                let known = version == "11.7" && failure.tried.len() != read.tried.len();
                assert!(
                    known || agrees(failure, &read),
                    "{name} on {version}:\n{failure:#?}\n{read:#?}"
                );
                assert_words(version, failure);
                compared += 1;
            }
        }
    }
    assert!(compared > 600, "only {compared} messages were compared");
}

/// What is predicted is worded as a row says that is read back in tests of its own.
fn assert_words(version: &str, failure: &LoadFailure) {
    let generation = Generation::of(version.parse().unwrap());
    let (_, text) = failure.message.split_once("): ").unwrap_or_default();
    assert!(
        failure.message.starts_with("Killed: 9") || templates::is_known(generation, text),
        "{version}: no row of src/dyld/template.rs for {}",
        failure.message
    );
    // dyld2 lists only what it found.
    let listed = failure.tried.iter().filter(|attempt| {
        generation > Generation::Before12 && !attempt.why.starts_with("Killed: 9")
    });
    for attempt in listed {
        assert!(
            templates::is_known_refusal(generation, &attempt.why),
            "{version}: no row of src/dyld/template/refusals.rs for {}",
            attempt.why
        );
    }
}

#[test]
fn a_file_cut_anywhere_ends_in_a_verdict() {
    let mut runs = 0;
    for (_, fixture) in fixture::all() {
        let root = fixture.lay_out();
        let disk = Disk::under(root.path());
        for (path, node) in &fixture.tree {
            let Node::File(hash) = node else { continue };
            let bytes = std::fs::read(fixture::folder().join("files").join(hash)).unwrap();
            for cut in (0..bytes.len()).step_by(512) {
                let change = |real: &str, _: &Content| {
                    let cut = bytes.get(..cut).unwrap_or_default();
                    (real == path).then(|| macho::read(cut, PageHashes::Sampled))
                };
                let load = simulate(
                    &fixture,
                    &Changed {
                        disk: &disk,
                        change,
                    },
                );
                assert!(load.unknown.is_none(), "{path} cut at {cut}");
                runs += 1;
            }
        }
    }
    assert!(runs > 5_000, "only {runs} cuts were tried");
}

#[test]
fn the_json_has_the_fields_that_programs_rely_on() {
    let fixture = &fixture::all()["rpath-present-file-absent-arm64"];
    let root = fixture.lay_out();
    let (answer, _) = fixture::run(&fixture::flags(&fixture.case, root.path()));
    assert_eq!(answer["schema"], 1);
    for key in ["verdict", "reason", "subject", "message"] {
        assert!(answer[key].is_string(), "{key}");
    }
    let failure = &answer["failures"][0];
    assert_eq!(
        failure["chain"],
        Value::from(vec!["/py/lib/site-packages/ext/_ext.so"])
    );
    assert_eq!(failure["tried"][0]["why"], "no such file");
    let image = &answer["images"][0];
    assert_eq!(image["found_by"], "opened");
    assert_eq!(image["arch"], "arm64");
}
