//! `kill -9` at random moments: nothing that was answered is lost, nothing is doubled.
