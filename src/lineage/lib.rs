//! IR + catalog -> output columns, types, direct and indirect reads; what-if rebinding. Pure.
