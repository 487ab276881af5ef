//! What is taken back while something else goes on.

use jwt_server::Revocation;
use serde_json::{Value, json};

use crate::revocation::{bank, config, get};
use crate::server::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_races_a_change_of_role_ends_with_the_new_role_or_not_at_all() {
    let (cheap, _) = bank(Revocation::Denylist).await;
    let server = cheap.beside_in_earnest(config(Revocation::Denylist));
    let victim = server.sign_up("victim").await;
    let root = server.log_in_as("root").await;
    let role = async |role: &str| {
        let path = format!("/admin/users/{victim}/role");
        let answer = server
            .post(&path, Some(&root.access), &json!({ "role": role }))
            .await;
        assert_eq!(answer.status(), 204);
    };
    let login = json!({ "username": "victim", "password": PASSWORD });
    for _ in 0..12 {
        role("admin").await;
        let (answer, ()) = tokio::join!(server.post("/login", None, &login), role("customer"));
        if answer.status() == 200 {
            let pair = pair(answer).await;
            let who = get(&server, "/whoami", &pair.access).await;
            if who.status() == 200 {
                assert_eq!(who.json::<Value>().await.unwrap()["role"], "customer");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_whose_client_is_gone_is_carried_out_whole() {
    let (server, alice) = bank(Revocation::Denylist).await;
    let root = server.log_in_as("root").await;
    let address = server.base.strip_prefix("http://").unwrap();
    let body = r#"{"banned":true}"#;
    let request = format!(
        "POST /admin/users/{alice}/ban HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        root.access,
        body.len()
    );
    for turn in 0..16 {
        let pair = server.log_in().await;
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_zero_linger().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
            .await
            .unwrap();
        // Some requests of somebody else pass, so that the reset meets the ban at another place each time.
        for _ in 0..turn {
            server.me(&root.access).await;
        }
        drop(stream);
        let login = json!({ "username": "alice", "password": PASSWORD });
        let mut is_banned = false;
        for _ in 0..40 {
            is_banned = server.post("/login", None, &login).await.status() != 200;
            if is_banned {
                break;
            }
        }
        if is_banned {
            // The rest of the ban may still be under way; it comes, although nobody waits for its answer.
            let mut alive = true;
            for _ in 0..200 {
                alive = server.me(&pair.access).await == 200;
                if !alive {
                    break;
                }
            }
            assert!(!alive, "banned, and the token is believed");
        }
        let (path, readmit) = (
            format!("/admin/users/{alice}/ban"),
            json!({ "banned": false }),
        );
        let readmitted = server.post(&path, Some(&root.access), &readmit).await;
        assert_eq!(readmitted.status(), 204);
    }
}
