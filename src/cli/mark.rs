//! What a person has read or starred, said on the command line: by the owner where there is one, else as the owner.

use super::failure::Failure;
use super::setup;
use crate::config::Config;
use crate::daemon::clock;
use crate::daemon::socket::{self, ControlRequest, ControlResponse, MOST_MARKED};
use crate::model::StoryId;
use crate::records::{Command, Marking, Reply};

/// Marks stories; returns how many were not so before.
pub fn mark(config: &Config, stories: &[StoryId], marking: Marking) -> Result<usize, Failure> {
    let mut n_marked = 0;
    for part in stories.chunks(MOST_MARKED) {
        let stories = part.to_vec();
        n_marked += match socket::ask(&config.state_dir, &ControlRequest::Mark { stories: stories.clone(), marking })? {
            Some(ControlResponse::Marked { n_stories }) => n_stories,
            Some(ControlResponse::Error(error)) => return Err(Failure::Error(anyhow::anyhow!(error))),
            Some(_) => return Err(Failure::Error(anyhow::anyhow!("the running courant answered something else"))),
            None => match setup::as_owner(config, Command::Mark { stories, marking, at: clock() })? {
                Reply::Marked { n_stories } => n_stories,
                _ => return Err(Failure::Error(anyhow::anyhow!("the writer answered something else"))),
            },
        };
    }
    Ok(n_marked)
}
