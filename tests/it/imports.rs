//! Instruments from spreadsheets: read, written, taken back.

use crate::harness::{ADMIN, Sensor, Server, instrument, now_ms};
use serde_json::{Value, json};

const FILE: &str = "仪器编号,仪器名称,单位名称,资产编号,原值（元）,购置日期,房间,备注\r\n\
    sem-1,扫描电镜,测试中心,A-1,\"1,200,000\",2019/8/12,101,\r\n\
    ,透射电镜,lab,A-2,,20200102,102,旧\r\n";

impl Server {
    async fn send(&self, file: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.client.post(self.url("/api/v1/imports?file=list.csv")).bearer_auth(ADMIN).body(file);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn apply(&self, import: &Value, query: &str) -> (u16, Value) {
        let id = import["import"]["id"].as_str().unwrap();
        self.post(&format!("/api/v1/imports/{id}/apply{query}"), Some(ADMIN), &json!({})).await
    }

    async fn undo(&self, import: &Value) -> (u16, Value) {
        let id = import["import"]["id"].as_str().unwrap();
        self.post(&format!("/api/v1/imports/{id}/undo"), Some(ADMIN), &json!({})).await
    }

    async fn total(&self) -> Value {
        self.get("/api/v1/instruments?retired=true").await.1["total"].clone()
    }
}

/// With the institution `lab`, 测试中心, and one instrument in it, so called.
async fn start() -> Server {
    let server = Server::start().await;
    assert_eq!(server.post("/api/v1/instruments", Some(ADMIN), &instrument("old")).await.0, 201);
    server
}

fn outcomes(report: &Value) -> Vec<&str> {
    report["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_file_is_reported_written_and_taken_back_exactly() {
    let server = start().await;
    let (status, report) = server.send(FILE).await;
    assert_eq!((status, outcomes(&report)), (201, vec!["added", "added"]), "{report}");
    assert_eq!((&report["ignored"], &report["import"]["file"]), (&json!(["备注"]), &json!("list.csv")));
    assert_eq!(server.total().await, 1, "nothing is written yet");
    let (status, applied) = server.apply(&report, "").await;
    assert_eq!((status, &applied["added"]), (200, &json!(2)), "{applied}");
    let credentials = applied["credentials"].as_array().unwrap();
    assert_eq!((credentials.len(), &credentials[0]["client_id"]), (2, &json!("sem-1")));
    assert!(applied["credentials_csv"].as_str().unwrap().contains(credentials[1]["token"].as_str().unwrap()));
    assert_eq!(server.apply(&report, "").await.0, 409, "only once");
    let (_, one) = server.get("/api/v1/instruments/sem-1").await;
    assert_eq!(
        (&one["value_yuan"], &one["purchased_on"], &one["codes"]["asset"]),
        (&json!(1_200_000), &json!("2019-08-12"), &json!("A-1"))
    );
    // The other is called like its label.
    let other = report["rows"][1]["instrument"].as_str().unwrap();
    let (_, two) = server.get(&format!("/api/v1/instruments/{other}")).await;
    assert_eq!(
        (two["code"].as_str().unwrap().replace('-', "").to_lowercase().as_str(), &two["name"]),
        (other, &json!("透射电镜"))
    );

    // The same again changes nothing; a second file finds an instrument by its code.
    let (_, again) = server.send(FILE).await;
    assert_eq!(outcomes(&again), ["unchanged", "unchanged"], "{again}");
    let (_, second) = server.send("资产编号,房间,原值,联系人,电话\nA-2,-,3,王老师,0571\nA-1,101,1200000,,\n").await;
    assert_eq!(outcomes(&second), ["changed", "unchanged"], "{second}");
    assert_eq!(second["rows"][0]["changes"], json!(["contacts", "room", "value_yuan"]));
    assert_eq!(server.apply(&second, "").await.1["changed"], 1);
    let changed = server.get(&format!("/api/v1/instruments/{other}")).await.1;
    assert_eq!((&changed["room"], &changed["contacts"][0]["phone"]), (&json!(""), &json!("0571")));

    // The first cannot go while the second stands on it.
    let (status, kept) = server.undo(&report).await;
    assert_eq!((status, kept["kept"].as_array().unwrap().len()), (409, 1), "{kept}");
    assert_eq!(server.undo(&second).await.1["reverted"], 1);
    let back = server.get(&format!("/api/v1/instruments/{other}")).await.1;
    for field in ["room", "contacts", "value_yuan", "codes", "name"] {
        assert_eq!(back[field], two[field], "{field}");
    }
    assert_eq!(server.undo(&second).await.0, 409);
    let server = server.restart().await;
    let (_, list) = server.get("/api/v1/imports").await;
    let statuses: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["undone", "read", "applied"]);
    server.app.stop().await;
}

#[tokio::test]
async fn what_an_import_added_goes_unless_it_has_readings() {
    let server = start().await;
    let (_, report) = server.send(FILE).await;
    let (_, applied) = server.apply(&report, "").await;
    let token = applied["credentials"][0]["token"].as_str().unwrap();
    let mut sensor = Sensor::connect(server.app.mqtt, "sem-1", token).await;
    sensor.draw(1.0, now_ms() - 60_000, 30).await;
    server.app.settled().await;
    let (status, kept) = server.undo(&report).await;
    assert_eq!(status, 409);
    assert!(kept["kept"][0]["message"].as_str().unwrap().contains("retire"), "{kept}");
    let server = server.restart().await;
    assert_eq!(server.undo(&report).await.0, 409, "also after a restart");

    let (_, alone) = server.send("id,name,unit\nnew-1,新,lab\n").await;
    let (_, applied) = server.apply(&alone, "").await;
    assert_eq!(applied["added"], 1);
    assert_eq!(server.undo(&alone).await.1, json!({"undone": true, "removed": 1, "reverted": 0, "kept": []}));
    assert_eq!(server.get("/api/v1/instruments/new-1").await.0, 404);
    assert!(!server.app.store.credentials().knows("new-1"));
    // The id and the code are free again.
    let (_, alone) = server.send("id,name,unit\nnew-1,新,lab\n").await;
    assert_eq!(server.apply(&alone, "").await.1["added"], 1);
    server.app.stop().await;
}

#[tokio::test]
async fn wrong_rows_are_named_and_can_be_left_out() {
    let server = start().await;
    let file = "id,name,institution,asset,purchased_on,laboratory\n\
        a-1,甲,lab,S,2019-02-30,\n\
        a-2,乙,nowhere,T,,\n\
        a-3,丙,测试中心,U,,\n\
        a-3,丙,lab,V,,\n\
        a-4,丁,lab,U,,\n\
        a-5,,lab,W,,\n\
        a-6,戊,,X,,\n\
        a b,己,lab,Y,,\n\
        a-7,庚,lab,Z,,none\n";
    let (_, report) = server.send(file).await;
    let wrong: Vec<_> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["line"].as_u64().unwrap(), row["mistakes"][0]["column"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let expected = [
        (2, "purchased_on"),
        (3, "institution"),
        (4, ""),
        (5, "id"),
        (6, "codes"),
        (7, "name"),
        (8, "institution"),
        (9, "id"),
        (10, "laboratory"),
    ];
    assert_eq!(wrong, expected.map(|(line, column)| (line, column.to_owned())), "{report}");
    let (status, problem) = server.apply(&report, "").await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("skip_bad"), "{problem}");
    assert_eq!(server.apply(&report, "?skip_bad=true").await.1["added"], 1);
    assert_eq!(server.total().await, 2);
    for no_file in ["", "颜色,大小\n1,2\n"] {
        assert_eq!(server.send(no_file).await.0, 400, "{no_file}");
    }
    assert_eq!(server.send(vec![b'1'; 11 * 1024 * 1024]).await.0, 413);
    assert_eq!(server.send(&b"PK\x03\x04broken"[..]).await.0, 400);
    for path in ["imports/none", "imports/none/apply", "imports/none/undo"] {
        let (status, _) = match path {
            "imports/none" => server.get("/api/v1/imports/none").await,
            path => server.post(&format!("/api/v1/{path}"), Some(ADMIN), &json!({})).await,
        };
        assert_eq!(status, 404, "{path}");
    }
    server.app.stop().await;
}

#[tokio::test]
async fn the_templates_are_files_that_an_import_reads() {
    let server = start().await;
    for template in ["template.csv", "template.csv?lang=en", "template.xlsx", "template.xlsx?lang=en"] {
        let url = server.url(&format!("/api/v1/imports/{template}"));
        let response = server.client.get(url).send().await.unwrap();
        assert!(response.headers()["content-disposition"].to_str().unwrap().contains("instruments."));
        let (status, report) = server.send(response.bytes().await.unwrap()).await;
        assert_eq!((status, &report["ignored"]), (201, &json!([])), "{template}: {report}");
        // Its example names an institution that is not there.
        assert_eq!(report["rows"][0]["mistakes"][0]["column"], "institution", "{report}");
    }
    server.app.stop().await;
}
