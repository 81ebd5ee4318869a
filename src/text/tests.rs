//! Small texts through the whole reader.
