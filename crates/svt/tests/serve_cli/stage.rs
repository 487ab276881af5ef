//! What exists in a lab alone.

use tempfile::tempdir;

use crate::process::Server;

#[tokio::test]
async fn a_served_bank_has_no_stage_and_no_vulnerable_page() {
    for kind in ["session", "jwt"] {
        let data = tempdir().unwrap();
        let server = Server::start(kind, data.path(), &[]);
        for path in [
            "/stage",
            "/stage/stage.js",
            "/stage/vulnerable.js",
            "/stage/vulnerable/a?note=a&output=dangerously-raw&policy=none",
        ] {
            let answer = server.get(path, &("accept", "*/*".to_owned())).await;
            assert_eq!(answer.status(), 404, "{kind} {path}");
        }
    }
}
