//! Readers and evidence as a column graph: impact, who-uses, coverage. Pure.
