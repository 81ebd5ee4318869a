//! The surroundings that GitHub's runner describes in environment variables.

use std::path::PathBuf;

/// What the runner says about the job; everything may be missing, as on a developer's machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Runner {
    /// A step of GitHub Actions runs us.
    pub(super) active: bool,
    /// GITHUB_OUTPUT.
    pub(super) output: Option<PathBuf>,
    /// GITHUB_EVENT_PATH: the file with the payload of the event.
    pub(super) event_path: Option<PathBuf>,
    /// GITHUB_EVENT_NAME: `pull_request`, `push` and so on.
    pub(super) event_name: String,
    /// GITHUB_SHA: on pull requests the merge commit, not the head.
    pub(super) sha: String,
    /// OWNER/NAME.
    pub(super) repository: String,
    /// `https://api.github.com`, or `https://HOST/api/v3`.
    pub(super) api_url: String,
    /// `https://github.com`, or that of an own server.
    pub(super) server_url: String,
    /// Numbers of the run and of its attempt.
    pub(super) run_id: String,
    pub(super) run_attempt: String,
    /// Name of the workflow.
    pub(super) workflow: String,
    /// Id of the job in its workflow.
    pub(super) job: String,
    /// The check run that Actions made for this job, if it says so.
    pub(super) check_run_id: String,
    /// The token, if one was given.
    pub(super) token: Option<String>,
}

/// A step of GitHub Actions runs us.
pub(super) fn active() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

impl Runner {
    /// Reads the environment.
    pub(super) fn read() -> Runner {
        let text = |name: &str| std::env::var(name).unwrap_or_default();
        let path = |name: &str| {
            Some(text(name))
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        };
        let or = |name: &str, default: &str| {
            Some(text(name))
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| default.to_owned())
        };
        let tokens = ["LOADPROOF_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"].map(text);
        Runner {
            active: active(),
            output: path("GITHUB_OUTPUT"),
            event_path: path("GITHUB_EVENT_PATH"),
            event_name: text("GITHUB_EVENT_NAME"),
            sha: text("GITHUB_SHA"),
            repository: text("GITHUB_REPOSITORY"),
            api_url: or("GITHUB_API_URL", "https://api.github.com"),
            server_url: or("GITHUB_SERVER_URL", "https://github.com"),
            run_id: text("GITHUB_RUN_ID"),
            run_attempt: or("GITHUB_RUN_ATTEMPT", "1"),
            workflow: or("GITHUB_WORKFLOW", "loadproof"),
            job: text("GITHUB_JOB"),
            check_run_id: text("LOADPROOF_CHECK_RUN_ID"),
            token: tokens
                .into_iter()
                .map(|token| token.trim().to_owned())
                .find(|token| !token.is_empty()),
        }
    }

    /// A text that no other leg of the same run has.
    pub(super) fn identity(&self) -> String {
        let more = [
            "RUNNER_NAME",
            "ImageOS",
            "RUNNER_ARCH",
            "pythonLocation",
            "GITHUB_ACTION",
        ];
        let more = more.map(|name| std::env::var(name).unwrap_or_default());
        format!("{}\0{}\0{}", self.job, self.check_run_id, more.join("\0"))
    }
}
