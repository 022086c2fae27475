//! What a run tells while it goes.

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The endpoint answers; so many stories will be played.
    Started {
        /// Number of provider-and-story pairs.
        stories: usize,
    },
    /// A story begins.
    Story {
        /// The dialect's id.
        idp: &'static str,
        /// The story's name.
        story: String,
        /// Position among all stories, from 0.
        index: usize,
    },
    /// What was created is being deleted.
    CleaningUp,
    /// The run is over.
    Finished,
}
