//! Progress of a long run on disk, so that it goes on where it was stopped.
