//! The traits through which time, ids and the outside come in. `engine` is written against these; `store` and `adapters/*`
//! implement them. Conformance kits that every implementation runs stand behind the feature `testkit`.

pub mod adapter;
pub mod clock;
pub mod notifier;
pub mod records;
pub mod secret;
pub mod store;
pub mod warehouse;

#[cfg(feature = "testkit")]
pub mod testkit;

pub use adapter::{NotifierSpec, WarehouseSpec};
pub use clock::{Clock, Ids, SystemClock, UuidIds};
pub use notifier::{Delivered, DeliveryError, Notice, Notifier};
pub use secret::Secret;
pub use store::{Batch, Store, StoreError, Write};
pub use warehouse::{ScanReport, ScanSink, ScanStatus, Warehouse, WarehouseError};
