//! Small worlds as data (`cases`, `fixtures/graph`), laws over random worlds (`laws`), the orchard project (`orchard`), a
//! large graph (`large`).

mod cases;
mod large;
mod laws;
mod orchard;
mod world;
