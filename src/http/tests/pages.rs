//! The pages: what they show, that they escape it, and that they are whole HTML.

use super::support::{World, table};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn pages_show_what_waits_and_escape_it() {
    let world = World::open().await;
    let empty = world.call(Method::GET, "/", None).await;
    assert!(empty.text.contains("No change waits") && empty.text.contains("no authentication"), "{}", empty.text);
    let (core, growth) = (world.team("core").await, world.team("R & D").await);
    world.asset("shop.core.<b>orders</b>", &core, table(&["id bigint", "status text"])).await;
    let asset = world.get("/api/v1/assets").await["results"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "asset_id": asset, "team": growth, "columns": ["status"] });
    world.post("/api/v1/registrations", body).await;
    let body = json!({ "schema": table(&["id bigint"]) });
    let opened = world.post(&format!("/api/v1/assets/{asset}/publish"), body).await;
    let id = opened["proposal"]["id"].as_str().unwrap();

    let home = world.call(Method::GET, "/", None).await;
    assert_eq!(home.headers["content-type"], "text/html; charset=utf-8");
    for part in ["&lt;b&gt;orders&lt;/b&gt;", "R &amp; D", &format!("href=\"/proposals/{id}\""), "pending"] {
        assert!(home.text.contains(part), "no {part}: {}", home.text);
    }
    assert!(!home.text.contains("<b>orders"));

    let page = world.call(Method::GET, &format!("/proposals/{id}"), None).await;
    for part in [
        "Who must answer",
        "not answered",
        "column-removed",
        "R &amp; D",
        &format!("tessera ack {id}"),
        "backward: old readers",
    ] {
        assert!(page.text.contains(part), "no {part}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains("<b>orders"));
    let answer = json!({ "team": growth, "response": "approved", "notes": "<i>fine</i>" });
    world.post(&format!("/api/v1/proposals/{id}/acknowledge"), answer).await;
    let page = world.call(Method::GET, &format!("/proposals/{id}"), None).await;
    assert!(page.text.contains("&lt;i&gt;fine&lt;/i&gt;") && page.text.contains(">approved<"), "{}", page.text);
}

#[tokio::test]
async fn the_api_page_describes_every_operation() {
    let world = World::open().await;
    let page = world.call(Method::GET, "/docs", None).await;
    for (method, path, _) in super::support::operations() {
        assert!(
            page.text.contains(&format!("<span class=\"method\">{method}</span> <code>{path}</code>")),
            "{method} {path}"
        );
    }
    assert!(page.text.contains("id=\"shape-Proposal\""));
    let style = world.call(Method::GET, "/style.css", None).await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}
