//! The tree, and what is known of instruments: changed, numbered, retired.

use crate::harness::{ADMIN, Server, instrument};
use dayi::catalog::Store;
use dayi::domain::{Openings, Places};
use serde_json::{Value, json};

impl Server {
    /// Changes with the version that was read, and the administrator's token.
    pub(crate) async fn patch(&self, path: &str, version: &Value, body: &Value) -> (u16, Value) {
        let request = self.client.patch(self.url(path)).bearer_auth(ADMIN).json(body);
        let response = request.header("if-match", format!("\"{version}\"")).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post(path, Some(ADMIN), body).await
    }

    /// Adds a unit.
    pub(crate) async fn unit(&self, id: &str, kind: &str, parent: &str) -> Value {
        let body = json!({"id": id, "kind": kind, "parent": parent, "name": format!("{id} 名"), "name_en": id});
        let (status, unit) = self.admin_post("/api/v1/units", &body).await;
        assert_eq!(status, 201, "{unit}");
        unit
    }
}

/// An instrument in a unit.
fn in_unit(id: &str, unit: &str) -> Value {
    json!({"id": id, "name": "电镜", "unit": unit})
}

/// 杭州 (with a county) and 宁波, an institution with a laboratory in the county, and a department.
async fn tree() -> Server {
    let server = Server::start().await;
    for (id, kind, parent) in [
        ("hz", "city", "province"),
        ("nb", "city", "province"),
        ("xihu", "county", "hz"),
        ("zju", "institution", "xihu"),
        ("sem-lab", "laboratory", "zju"),
        ("finance", "department", "province"),
    ] {
        server.unit(id, kind, parent).await;
    }
    server
}

#[tokio::test]
async fn the_tree_is_built_moved_and_pruned() {
    let server = tree().await;
    assert_eq!(server.admin_post("/api/v1/instruments", &in_unit("sem-1", "sem-lab")).await.0, 201);
    let (_, one) = server.get("/api/v1/instruments/sem-1").await;
    assert_eq!(
        one["institution"],
        json!({"id": "zju", "name": "zju 名", "name_en": "zju", "city": "hz 名", "city_en": "hz"})
    );
    assert_eq!(one["laboratory"], json!({"id": "sem-lab", "name": "sem-lab 名", "name_en": "sem-lab"}));
    assert_eq!(one["unit"], json!({"id": "sem-lab", "path": "province/hz/xihu/zju/sem-lab/"}));
    let (_, units) = server.get("/api/v1/units").await;
    let counts: Vec<_> = units["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["id"].as_str().unwrap(), unit["instruments"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        counts,
        [("province", 1), ("finance", 0), ("hz", 1), ("xihu", 1), ("zju", 1), ("sem-lab", 1), ("nb", 0)]
    );

    let hours_by = async |by: &str| {
        let (_, answer) = server.get(&format!("/api/v1/hours?by={by}")).await;
        answer["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((hours_by("laboratory").await, hours_by("county").await), (vec![json!("sem-lab")], vec![json!("xihu")]));

    // What is below moves along, in the hours and states too.
    let (status, moved) = server.patch("/api/v1/units/zju", &json!(1), &json!({"parent": "nb", "name": "浙大"})).await;
    assert_eq!((status, &moved["path"], &moved["version"]), (200, &json!("province/nb/zju/"), &json!(2)), "{moved}");
    assert_eq!(hours_by("county").await, [json!("nb")], "the city, where no county is between");
    let (_, one) = server.get("/api/v1/instruments/sem-1").await;
    assert_eq!(
        (&one["unit"]["path"], &one["institution"]["name"], &one["institution"]["city"]),
        (&json!("province/nb/zju/sem-lab/"), &json!("浙大"), &json!("nb 名"))
    );
    for (query, found) in [
        ("unit=nb", 1),
        ("unit=hz", 0),
        ("unit=nowhere", 0),
        ("city=nb", 1),
        ("city=hz", 0),
        ("institution=zju", 1),
        ("institution=nb", 0),
    ] {
        for list in ["states", "instruments"] {
            let (_, answer) = server.get(&format!("/api/v1/{list}?{query}")).await;
            assert_eq!(answer["total"], found, "{list}?{query}");
        }
        let (_, answer) = server.get(&format!("/api/v1/hours?by=city&{query}")).await;
        assert_eq!(answer["items"].as_array().unwrap().len(), found, "{query}: {answer}");
    }

    for (id, status) in
        [("province", 422), ("zju", 409), ("sem-lab", 409), ("nowhere", 404), ("hz", 409), ("xihu", 204), ("hz", 204)]
    {
        assert_eq!(server.delete(&format!("/api/v1/units/{id}")).await.0, status, "{id}");
    }
    let (status, department) =
        server.patch("/api/v1/units/finance", &json!(1), &json!({"views": ["nb", "zju", "nb"]})).await;
    assert_eq!((status, &department["views"]), (200, &json!(["nb", "zju"])));
    assert_eq!(server.patch("/api/v1/units/finance", &json!(2), &json!({"views": ["gone"]})).await.0, 422);
    assert_eq!(server.patch("/api/v1/units/zju", &json!(1), &json!({"name": "x"})).await.0, 412);
    assert_eq!(server.patch("/api/v1/units/zju", &json!(2), &json!({"views": ["nb"]})).await.0, 422);

    let before = server.get("/api/v1/units").await.1;
    let server = server.restart().await;
    assert_eq!(server.get("/api/v1/units").await.1, before);
    server.app.stop().await;
}

#[tokio::test]
async fn what_cannot_stand_there_is_said() {
    let server = tree().await;
    let wrong = [
        (json!({"id": "x", "kind": "laboratory", "parent": "hz", "name": "x"}), 422),
        (json!({"id": "x", "kind": "province", "parent": "hz", "name": "x"}), 422),
        (json!({"id": "a/b", "kind": "city", "parent": "province", "name": "x"}), 422),
        (json!({"id": "x", "kind": "city", "parent": "province", "name": " "}), 422),
        (json!({"id": "zju", "kind": "city", "parent": "province", "name": "x"}), 409),
        (json!({"id": "x", "kind": "city", "parent": "nowhere", "name": "x"}), 404),
        (json!({"id": "x", "kind": "planet", "parent": "province", "name": "x"}), 422),
    ];
    for (body, status) in wrong {
        assert_eq!(server.admin_post("/api/v1/units", &body).await.0, status, "{body}");
    }
    for (unit, status) in [("hz", 422), ("nowhere", 404), ("", 422)] {
        assert_eq!(server.admin_post("/api/v1/instruments", &in_unit("sem-1", unit)).await.0, status, "{unit}");
    }
    let mut both = instrument("sem-1");
    both["unit"] = json!("zju");
    assert_eq!(server.admin_post("/api/v1/instruments", &both).await.0, 422);
    both["unit"] = Value::Null;
    both["colour"] = json!("red");
    assert_eq!(server.admin_post("/api/v1/instruments", &both).await.0, 422);
    server.app.stop().await;
}

#[tokio::test]
async fn an_instrument_is_changed_by_whoever_read_it_last() {
    let server = tree().await;
    server.admin_post("/api/v1/instruments", &in_unit("sem-1", "zju")).await;
    let path = "/api/v1/instruments/sem-1";
    let response = server.client.get(server.url(path)).send().await.unwrap();
    assert_eq!(response.headers()["etag"], "\"1\"");
    let patch = json!({"room": "A 101", "value_yuan": 2_350_000, "purchased_on": "2019-08-12", "unit": "sem-lab",
        "codes": {"asset": "S-1"}, "contacts": [{"name": "王老师", "phone": "0571"}]});
    let (status, changed) = server.patch(path, &json!(1), &patch).await;
    assert_eq!((status, &changed["version"], &changed["room"]), (200, &json!(2), &json!("A 101")), "{changed}");
    assert_eq!(changed["laboratory"]["id"], "sem-lab");
    // Two people had the first version before them.
    assert_eq!(server.patch(path, &json!(1), &json!({"room": "B"})).await.0, 412);
    let without = server.client.patch(server.url(path)).bearer_auth(ADMIN).json(&json!({})).send().await.unwrap();
    assert_eq!(without.status(), 428);
    for wrong in [
        json!({"room": 1}),
        json!({"value_yuan": -1}),
        json!({"name": null}),
        json!({"unit": "hz"}),
        json!({"codes": {"dayi": "1"}}),
        json!(3),
    ] {
        assert_eq!(server.patch(path, &json!(2), &wrong).await.0, 422, "{wrong}");
    }
    assert_eq!(server.patch(path, &json!(2), &json!({"unit": "nowhere"})).await.0, 404);

    let before = server.get(path).await.1;
    let server = server.restart().await;
    let after = server.get(path).await.1;
    for field in ["codes", "contacts", "value_yuan", "purchased_on", "room", "version", "code"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    server.app.stop().await;
}

#[tokio::test]
async fn a_code_is_of_one_instrument_and_finds_it() {
    let server = tree().await;
    let mut coded = in_unit("sem-1", "zju");
    coded["codes"] = json!({"asset": "S-1", "gov": "77"});
    assert_eq!(server.admin_post("/api/v1/instruments", &coded).await.0, 201);
    server.admin_post("/api/v1/instruments", &in_unit("sem-2", "zju")).await;
    let own = server.get("/api/v1/instruments/sem-1").await.1["code"].as_str().unwrap().to_owned();
    let typed = own.to_lowercase().replace('-', "").replace('0', "o");
    for code in [own.as_str(), &typed, "s-1", "asset:S-1", "77", "gov:77"] {
        let (_, found) = server.get(&format!("/api/v1/instruments?code={code}")).await;
        assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!("sem-1")), "{code}");
    }
    for code in ["sn:S-1", "78"] {
        assert_eq!(server.get(&format!("/api/v1/instruments?code={code}")).await.1["total"], 0, "{code}");
    }
    let path = "/api/v1/instruments/sem-2";
    let (status, problem) = server.patch(path, &json!(1), &json!({"codes": {"asset": "S-1"}})).await;
    assert!(status == 409 && problem["detail"].as_str().unwrap().contains("S-1"), "{problem}");
    assert_eq!(server.patch(path, &json!(1), &json!({"codes": {"sn": "S-1"}})).await.0, 200);
    // The label stays.
    let (_, changed) = server.patch(path, &json!(2), &json!({"codes": {"dayi": null}})).await;
    assert!(changed["codes"]["dayi"].is_string() && changed["version"] == 3);
    server.app.stop().await;
}

#[tokio::test]
async fn a_retired_instrument_is_in_no_list_and_keeps_its_history() {
    let server = tree().await;
    server.admin_post("/api/v1/instruments", &in_unit("sem-1", "zju")).await;
    let (status, retired) = server.admin_post("/api/v1/instruments/sem-1/retire", &json!({})).await;
    assert!(status == 200 && retired["retired_at"].is_i64(), "{retired}");
    for (query, total) in [("", 0), ("retired=true", 1)] {
        assert_eq!(server.get(&format!("/api/v1/instruments?{query}")).await.1["total"], total);
    }
    assert_eq!(server.get("/api/v1/states").await.1["total"], 0);
    assert_eq!(server.get("/api/v1/states?at=0").await.1["total"], 1, "it was in service then");
    assert_eq!(server.get("/api/v1/instruments/sem-1/states").await.0, 200);
    assert_eq!(server.delete("/api/v1/units/zju").await.0, 409, "it still stands there");
    let server = server.restart().await;
    assert_eq!(server.get("/api/v1/instruments").await.1["total"], 0);
    let (status, restored) = server.admin_post("/api/v1/instruments/sem-1/restore", &json!({})).await;
    assert_eq!((status, &restored["retired_at"]), (200, &Value::Null));
    assert_eq!(server.get("/api/v1/instruments").await.1["total"], 1);
    assert_eq!(server.admin_post("/api/v1/instruments/gone/retire", &json!({})).await.0, 404);
    server.app.stop().await;
}

#[tokio::test]
async fn opening_hours_are_inherited_from_the_nearest_unit() {
    let server = tree().await;
    server.admin_post("/api/v1/instruments", &in_unit("sem-1", "sem-lab")).await;
    let always = json!({"weekly": vec![json!(["00:00-24:00"]); 7], "dates": {}});
    let never = json!({"weekly": vec![json!([]); 7], "dates": {"2026-12-01": ["08:00-09:00"]}});
    let holds = async || server.get("/api/v1/instruments/sem-1").await.1["opening_holds"].clone();
    let usual = holds().await;
    assert_eq!((&usual["unit"], &usual["hours"]["weekly"][0]), (&Value::Null, &json!(["08:30-17:30"])));
    assert_eq!(server.patch("/api/v1/units/zju", &json!(1), &json!({"opening": always})).await.0, 200);
    assert_eq!(holds().await, json!({"unit": "zju", "hours": always}));
    assert_eq!(server.patch("/api/v1/instruments/sem-1", &json!(1), &json!({"opening": never})).await.0, 200);
    assert_eq!(holds().await, json!({"unit": null, "hours": never}));
    assert_eq!(server.patch("/api/v1/instruments/sem-1", &json!(2), &json!({"opening": null})).await.0, 200);
    let server = server.restart().await;
    let catalog: &Store = &server.app.store;
    assert!(catalog.catalog().opening(&"sem-1".parse().unwrap()).is_open(0));
    assert_eq!(server.patch("/api/v1/units/zju", &json!(2), &json!({"opening": null})).await.0, 200);
    assert!(!server.app.store.catalog().opening(&"sem-1".parse().unwrap()).is_open(0));
    let wrong = json!({"opening": {"weekly": [["25:00-26:00"], [], [], [], [], [], []]}});
    assert_eq!(server.patch("/api/v1/units/zju", &json!(3), &wrong).await.0, 422);
    server.app.stop().await;
}

#[tokio::test]
async fn the_list_of_classes_is_put_whole() {
    let server = Server::start().await;
    assert_eq!(server.get("/api/v1/classes").await.1, json!({"items": []}));
    let put = async |file: &'static str| {
        let request = server.client.put(server.url("/api/v1/classes")).bearer_auth(ADMIN).body(file);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(put("分类代码,名称\n010102,扫描电镜\n").await, 200);
    assert_eq!(put("code,name,name_en\n010101,透射电镜,TEM\n").await, 200);
    let expected = json!({"items": [{"code": "010101", "name": "透射电镜", "name_en": "TEM"}]});
    assert_eq!(server.get("/api/v1/classes").await.1, expected);
    assert_eq!(put("code,name\n1,a\n1,b\n").await, 400);
    server.app.stop().await;
}

#[tokio::test]
async fn institutions_named_with_an_instrument_become_units_with_their_city() {
    let server = Server::start().await;
    assert_eq!(server.admin_post("/api/v1/instruments", &instrument("sem-1")).await.0, 201);
    let catalog = server.app.store.catalog();
    assert_eq!(catalog.unit("lab").unwrap().as_str(), "province/city-hangzhou/lab/");
    let place = catalog.place(&"sem-1".parse().unwrap()).unwrap();
    assert_eq!(place.unit, catalog.unit("lab").unwrap());
    let mut taken = instrument("sem-2");
    taken["institution"]["id"] = json!("city-hangzhou");
    assert_eq!(server.admin_post("/api/v1/instruments", &taken).await.0, 409);
    server.app.stop().await;
}
