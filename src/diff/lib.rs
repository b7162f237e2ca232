//! Two schemas -> changes with judgments; compatibility modes. Pure.
