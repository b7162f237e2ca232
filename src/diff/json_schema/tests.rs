//! Cases that need more than a line of data.
