//! Small worlds as data (`cases`, `fixtures/graph`), laws over random worlds (`laws`), the orchard project (`orchard`), a
//! large graph (`large`).

mod large;
mod laws;
mod world;
