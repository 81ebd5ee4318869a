//! The page as a browser's parser takes it: nothing of a report becomes an element, an attribute or a script.

use super::*;
use crate::render::{Format, sample};

fn page_of(report: &Report) -> String {
    let options = Options {
        artifact_hint: Some("hello.loadproof.json".to_owned()),
        recording: Some(b"{\"schema\":1}".to_vec()),
        ..Options::default()
    };
    String::from_utf8(sample::rendered(report, Format::Html, &options)).unwrap()
}

/// The tags of a page outside its own style and script.
fn tags(page: &str) -> Vec<String> {
    let ours = page.replace(STYLE, "").replace(SCRIPT, "");
    ours.split('<')
        .skip(1)
        .map(|tag| tag.split('>').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn hostile_text_becomes_no_element_and_no_attribute() {
    let page = page_of(&sample::hostile());
    let known = [
        "!DOCTYPE",
        "a",
        "article",
        "body",
        "button",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "input",
        "label",
        "li",
        "main",
        "mark",
        "meta",
        "nav",
        "ol",
        "p",
        "pre",
        "script",
        "section",
        "span",
        "style",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ];
    for tag in tags(&page) {
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(|c| !c.is_whitespace())
            .collect();
        assert!(
            known.contains(&name.as_str()),
            "an element `{name}` in the page"
        );
        // Attributes that could run or load something; between quotes stand their values.
        let attributes: String = tag.split('"').step_by(2).collect();
        assert!(!attributes.contains(" on"), "{tag}");
        assert!(!attributes.contains("src="), "{tag}");
    }
    assert_eq!(page.matches("<script>").count(), 1);
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(!page.contains("<script>alert"));
}

#[test]
fn every_link_stays_in_the_page() {
    for report in sample::all() {
        let page = page_of(&report);
        for link in page.split("href=\"").skip(1) {
            let target = link.split('"').next().unwrap_or_default();
            assert!(
                target.starts_with('#') || target.starts_with("data:application/gzip;base64,"),
                "{target}"
            );
            if let Some(id) = target.strip_prefix('#') {
                let known = page.contains(&format!("id=\"{id}\""));
                assert!(known, "{target} leads nowhere");
            }
        }
    }
}

#[test]
fn the_policy_allows_the_script_of_the_page_and_no_other() {
    let page = page_of(&sample::rich());
    let script = page.split("<script>").nth(1).unwrap();
    let script = script.split("</script>").next().unwrap();
    let hash = BASE64.encode(Sha256::digest(script.as_bytes()));
    assert!(
        page.contains(&format!("script-src &#39;sha256-{hash}&#39;"))
            || page.contains(&format!("script-src 'sha256-{hash}'"))
    );
    assert!(page.contains("default-src"));
}

#[test]
fn the_first_screen_says_what_broke_and_what_to_do() {
    let page = page_of(&sample::rich());
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no `{text}`"));
    assert!(at("FAILED") < at("id=\"cause-1\""));
    assert!(at("id=\"cause-1\"") < at("What to do"));
    assert!(at("What to do") < at("id=\"modules\""));
    assert!(at("id=\"modules\"") < at("id=\"graph\""));
}

#[test]
fn the_span_of_a_place_is_marked() {
    let page = page_of(&sample::rich());
    assert!(page.contains("<mark>"), "no span is marked");
}

#[test]
fn what_did_not_come_stands_in_red_under_the_image_that_asked() {
    let page = page_of(&sample::rich());
    let asker = page.find("libhellocore.so</span>").unwrap();
    let broken = page.get(asker..).unwrap().find("class=\"broken\"").unwrap();
    let next_image = page.get(asker..).unwrap().find("class=\"image");
    assert!(next_image.is_none_or(|next| broken < next));
}

#[test]
fn the_recording_can_be_taken_out_of_the_page() {
    use std::io::Read as _;
    let page = page_of(&sample::rich());
    let data = page.split("data:application/gzip;base64,").nth(1).unwrap();
    let data = data.split('"').next().unwrap();
    let bytes = BASE64.decode(data).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "{\"schema\":1}");
}

#[test]
fn a_page_without_a_recording_says_where_it_is() {
    let options = Options {
        artifact_hint: Some("kept/facts.json".to_owned()),
        ..Options::default()
    };
    let page = sample::rendered(&sample::rich(), Format::Html, &options);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("kept/facts.json") && !page.contains("Download"));
}

#[test]
fn a_healthy_page_says_so() {
    let page = page_of(&sample::healthy());
    assert!(page.contains("PASSED") && page.contains("Nothing is wrong"));
}

/// `a` asks for `b` and `c`, both ask for `d`, `c` for a weak library that is not there.
#[test]
fn an_image_that_two_ask_for_is_drawn_once_and_named_twice() {
    use crate::load::Edge;
    use crate::report::ImageReport;
    let mut report = sample::healthy();
    let image = |path: &str, loaded_by| ImageReport {
        path: path.to_owned(),
        found_by: "rpath @loader_path/lib of /x/a.so".to_owned(),
        loaded_by,
    };
    let edge = |from, asks: &str, weak, to| Edge {
        from,
        asks: asks.to_owned(),
        weak,
        to,
    };
    let module = &mut report.modules[0];
    module.images = vec![
        image("/x/a.so", None),
        image("/x/lib/b.dylib", Some(0)),
        image("/x/lib/c.dylib", Some(0)),
        image("/x/lib/d.dylib", Some(1)),
    ];
    module.edges = vec![
        edge(0, "@rpath/b.dylib", false, Some(1)),
        edge(0, "@rpath/c.dylib", false, Some(2)),
        edge(1, "@rpath/d.dylib", false, Some(3)),
        edge(2, "@rpath/d.dylib", false, Some(3)),
        edge(2, "/usr/lib/weak.dylib", true, None),
    ];
    let page = page_of(&report);
    let tree = page.split("<ol class=\"tree\">").nth(1).unwrap();
    let names = [
        "a.so",
        "b.dylib",
        "d.dylib",
        "c.dylib",
        "d.dylib</a>",
        "weak.dylib",
    ];
    let mut at = 0;
    for name in names {
        let found = tree.get(at..).unwrap().find(&format!(">{name}"));
        at += found.unwrap_or_else(|| panic!("{name} is not in its place")) + 1;
    }
    assert_eq!(tree.matches("class=\"again\"").count(), 1);
    assert_eq!(tree.matches("class=\"absent\"").count(), 1);
    assert!(tree.contains("@rpath/d.dylib") && tree.contains("--level:2"));
}

#[test]
fn a_circle_of_libraries_ends() {
    use crate::load::Edge;
    let mut report = sample::rich();
    for module in &mut report.modules {
        let count = module.images.len();
        module.edges = (0..count)
            .flat_map(|from| (0..count).map(move |to| (from, to)))
            .map(|(from, to)| Edge {
                from,
                asks: String::new(),
                weak: false,
                to: Some(to),
            })
            .collect();
        for (index, image) in module.images.iter_mut().enumerate() {
            image.loaded_by = Some(index.wrapping_add(1));
        }
    }
    assert!(page_of(&report).contains("</html>"));
}
