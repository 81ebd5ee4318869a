//! What the rules say of wheels made here.
