//! The traits through which the outside comes in: Store, Warehouse, Notifier, Clock, Ids; with their conformance kits.
