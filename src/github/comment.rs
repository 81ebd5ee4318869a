//! The one comment on a pull request that is kept up to date.
//!
//! Its first line is a comment of Markdown that nobody sees: it tells our comment from every other, and says which run
//! wrote it, so that a run that ends late does not write over a newer one.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limit::characters;

/// Characters of a comment's body.
pub const BODY: usize = 65_536;

/// Which run writes, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Tells the comment of one workflow from that of another: letters, digits and dashes.
    key: String,
    /// The run's id, which grows from run to run, and its attempt.
    run: (u64, u64),
    /// The commit that was checked.
    head_sha: String,
}

impl Marker {
    /// Everything in `key` and `head_sha` but letters, digits and dashes is dropped.
    pub fn new(key: &str, run: (u64, u64), head_sha: &str) -> Marker {
        let plain = |text: &str| {
            let text = text
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
            text.take(100).collect()
        };
        Marker {
            key: plain(key),
            run,
            head_sha: plain(head_sha),
        }
    }

    /// Reads the first line of a body.
    fn read(body: &str) -> Option<Marker> {
        let line = body.lines().next()?.trim_end();
        let fields = line
            .strip_prefix("<!-- loadproof:report:v1 ")?
            .strip_suffix(" -->")?;
        let mut fields = fields.split(' ');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let (key, run, attempt) = (field("key")?, field("run")?, field("attempt")?);
        let head_sha = field("head")?;
        let run = (run.parse().ok()?, attempt.parse().ok()?);
        let marker = Marker::new(key, run, head_sha);
        (marker.to_string() == line).then_some(marker)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Marker {
            key,
            run: (id, attempt),
            head_sha,
        } = self;
        write!(
            f,
            "<!-- loadproof:report:v1 key={key} run={id} attempt={attempt} head={head_sha} -->"
        )
    }
}

/// A comment as the API lists it.
#[derive(Debug, Clone, Deserialize)]
pub struct Existing {
    /// Its id.
    pub id: u64,
    /// Its text.
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<Author>,
    #[serde(default)]
    author_association: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Author {
    #[serde(rename = "type", default)]
    kind: String,
}

impl Existing {
    /// Whoever can write to the repository, or a bot: anyone else could plant a comment for us to write into.
    fn is_trusted(&self) -> bool {
        let bot = self
            .user
            .as_ref()
            .is_some_and(|author| author.kind == "Bot");
        let member = matches!(
            self.author_association.as_deref(),
            Some("OWNER" | "MEMBER" | "COLLABORATOR")
        );
        bot || member
    }
}

/// The body of a request that writes a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Body {
    /// Markdown.
    pub body: String,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// There is none yet.
    Create(Body),
    /// Write over this one.
    Update(u64, Body),
    /// It says this already.
    Unchanged,
    /// A newer run wrote it.
    Superseded,
}

/// What is to be done about `markdown`, given every comment of the pull request.
pub fn plan(marker: &Marker, markdown: &str, comments: &[Existing]) -> Plan {
    let body = format!("{marker}\n{markdown}");
    let body = Body {
        body: characters(&body, BODY).into_owned(),
    };
    let ours = comments
        .iter()
        .filter(|comment| comment.is_trusted())
        .find_map(|comment| {
            let found = Marker::read(comment.body.as_deref()?)?;
            (found.key == marker.key).then_some((comment, found))
        });
    match ours {
        None => Plan::Create(body),
        Some((_, found)) if found.run > marker.run => Plan::Superseded,
        Some((comment, _)) if normal(comment.body.as_deref()) == normal(Some(&body.body)) => {
            Plan::Unchanged
        }
        Some((comment, _)) => Plan::Update(comment.id, body),
    }
}

/// GitHub may give lines back with other ends, and without the blanks at the end.
fn normal(body: Option<&str>) -> String {
    body.unwrap_or_default()
        .replace("\r\n", "\n")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn existing(id: u64, body: &str, kind: &str, association: &str) -> Existing {
        serde_json::from_value(serde_json::json!({
            "id": id, "body": body, "user": {"login": "x", "type": kind}, "author_association": association,
        }))
        .unwrap()
    }

    fn marker(run: u64, attempt: u64) -> Marker {
        Marker::new("ci", (run, attempt), "abc")
    }

    fn ours(run: u64, attempt: u64) -> Existing {
        existing(
            7,
            &format!("{}\r\nold\r\n", marker(run, attempt)),
            "Bot",
            "NONE",
        )
    }

    #[test]
    fn the_first_comment_is_created_and_the_next_run_writes_over_it() {
        assert!(matches!(plan(&marker(5, 1), "new", &[]), Plan::Create(_)));
        assert!(matches!(
            plan(&marker(5, 1), "new", &[ours(4, 3)]),
            Plan::Update(7, _)
        ));
        assert!(matches!(
            plan(&marker(5, 2), "new", &[ours(5, 1)]),
            Plan::Update(7, _)
        ));
    }

    #[test]
    fn an_older_run_writes_nothing() {
        assert_eq!(plan(&marker(5, 1), "new", &[ours(6, 1)]), Plan::Superseded);
        assert_eq!(plan(&marker(5, 1), "new", &[ours(5, 2)]), Plan::Superseded);
    }

    #[test]
    fn the_same_text_is_not_written_again() {
        assert_eq!(plan(&marker(5, 1), "old", &[ours(5, 1)]), Plan::Unchanged);
    }

    #[test]
    fn a_comment_that_a_stranger_planted_is_not_ours() {
        let planted = existing(8, &format!("{}\nold", marker(9, 1)), "User", "NONE");
        assert!(matches!(
            plan(&marker(5, 1), "new", &[planted]),
            Plan::Create(_)
        ));
        let quoted = existing(9, &format!("see {}", marker(9, 1)), "Bot", "NONE");
        assert!(matches!(
            plan(&marker(5, 1), "new", &[quoted]),
            Plan::Create(_)
        ));
        let other = Marker::new("release", (9, 1), "abc");
        let other = existing(9, &format!("{other}\nold"), "Bot", "NONE");
        assert!(matches!(
            plan(&marker(5, 1), "new", &[other]),
            Plan::Create(_)
        ));
    }

    #[test]
    fn a_body_that_is_too_long_is_cut() {
        let Plan::Create(body) = plan(&marker(5, 1), &"é".repeat(100_000), &[]) else {
            panic!("it is created");
        };
        assert_eq!(body.body.chars().count(), BODY);
    }

    #[test]
    fn a_marker_holds_no_syntax() {
        let marker = Marker::new("a --> <b> key=", (1, 1), "x\n-->");
        assert_eq!(
            marker.to_string(),
            "<!-- loadproof:report:v1 key=a------b--key- run=1 attempt=1 head=x---- -->"
        );
    }
}
