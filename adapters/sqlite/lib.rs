//! A SQLite file as a warehouse: the embedded default.
