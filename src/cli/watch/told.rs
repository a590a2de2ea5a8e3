use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The states in the order of their code.
const STATES: [&str; 5] = ["unknown", "offline", "off", "standby", "on"];

/// Writes what changes, and remembers what is shown: after a break it tells what is another way.
pub(super) struct Told {
    json: bool,
    now: bool,
    /// By id, an instrument's row as the protocol has it, with the state as it is now.
    rows: BTreeMap<String, Value>,
    /// A snapshot that is not complete yet.
    begun: BTreeMap<String, Value>,
}

impl Told {
    pub(super) fn new(json: bool, now: bool) -> Self {
        Self { json, now, rows: BTreeMap::new(), begun: BTreeMap::new() }
    }

    /// One page of a snapshot. `again` when there was one before: then what is another way than it was is told.
    pub(super) fn page(&mut self, page: &Value, again: bool) -> io::Result<()> {
        if page["page"] == 0 {
            self.begun.clear();
        }
        let rows = page["instruments"].as_array().into_iter().flatten();
        self.begun.extend(rows.filter_map(|row| Some((row[0].as_str()?.to_owned(), row.clone()))));
        if page["page"].as_u64().map(|number| number + 1) < page["pages"].as_u64() {
            return Ok(());
        }
        let (before, now) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.begun));
        if again {
            for id in before.keys().filter(|id| !now.contains_key(*id)) {
                self.line(&json!({"kind": "left", "id": id}))?;
            }
        }
        for (id, row) in &now {
            let new = before.get(id).is_none_or(|held| !same(held, row));
            if self.now && !again || again && new {
                self.line(&json!({"kind": "row", "instrument": row}))?;
            }
        }
        self.rows = now;
        Ok(())
    }

    /// One change.
    pub(super) fn change(&mut self, change: &Value) -> io::Result<()> {
        self.line(change)?;
        let id = change["id"].as_str().unwrap_or_default();
        match change["kind"].as_str() {
            Some("row") => {
                let row = &change["instrument"];
                self.rows.insert(row[0].as_str().unwrap_or_default().to_owned(), row.clone());
            }
            Some("left") => drop(self.rows.remove(id)),
            Some("state") => {
                if let Some(row) = self.rows.get_mut(id).and_then(Value::as_array_mut).filter(|row| row.len() > 6) {
                    row[4] = STATES.iter().position(|state| change["state"] == *state).into();
                    (row[5], row[6]) = (change["at"].clone(), change["seq"].clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Changes that the server left out, because this client or what reads its output was too slow.
    pub(super) fn left_out(&self, count: u64) -> io::Result<()> {
        self.note(
            &json!({"kind": "left-out", "changes": count}),
            format_args!("{count} changes were left out: too slow"),
        )
    }

    pub(super) fn away(&self, from_ms: i64, until_ms: i64, recovered: bool) -> io::Result<()> {
        let missed = if recovered { "nothing was missed" } else { "only how it is now is known" };
        let seconds = (until_ms - from_ms) as f64 / 1e3;
        self.note(
            &json!({"kind": "away", "from": from_ms, "until": until_ms, "recovered": recovered}),
            format_args!("was away for {seconds:.1} s: {missed}"),
        )
    }

    /// About the watching itself: among JSON lines another one, else on standard error.
    fn note(&self, json: &Value, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        if self.json { writeln!(io::stdout(), "{json}") } else { writeln!(io::stderr(), "{text}") }
    }

    fn line(&self, change: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json { writeln!(out, "{change}") } else { writeln!(out, "{}", self.text(change)) }
    }

    fn text(&self, change: &Value) -> String {
        let id = change["id"].as_str().unwrap_or_default();
        let text = |name: &str| change[name].as_str().unwrap_or_default();
        let name = self.rows.get(id).and_then(|row| row[1].as_str()).unwrap_or_default();
        match text("kind") {
            "state" => {
                let (from, to, cause) = (text("from"), text("state"), text("cause"));
                format!("{}  {id}  {from} -> {to}  {cause}  {name}", time(&change["at"]))
            }
            "row" => {
                let row = &change["instrument"];
                let state = row[4].as_u64().and_then(|code| STATES.get(code as usize)).unwrap_or(&"?");
                let (id, name) = (row[0].as_str().unwrap_or_default(), row[1].as_str().unwrap_or_default());
                format!("{}  {id}  {state}  {name}", time(&row[5]))
            }
            "left" => format!("{:24}  {id}  not among them any more  {name}", ""),
            "alert" => format!(
                "{}  {id}  {} {} ({})  {name}",
                time(&change["at"]),
                text("about"),
                text("step"),
                text("severity")
            ),
            _ => change.to_string(),
        }
    }
}

/// Whether both rows say the same of an instrument; its current changes all the time.
fn same(held: &Value, now: &Value) -> bool {
    (0..7).all(|field| held[field] == now[field])
}

fn time(ms: &Value) -> String {
    let at = ms.as_i64().filter(|ms| *ms != 0).and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(|| format!("{:24}", ""), |at| format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_what_changed() {
        let mut told = Told::new(false, false);
        let frames = include_str!("../../../tests/fixtures/live-frames.jsonl").lines();
        let frames: Vec<Value> = frames.map(|line| serde_json::from_str(line).unwrap()).collect();
        let page = frames.iter().find(|frame| frame["type"] == "snapshot").unwrap();
        told.page(page, false).unwrap();
        let delta = frames.iter().find(|frame| frame["type"] == "delta").unwrap();
        let lines: Vec<String> = delta["changes"].as_array().unwrap().iter().map(|change| told.text(change)).collect();
        assert_eq!(
            lines,
            [
                "2023-11-14T22:13:21.000Z  i1  off -> offline  model  电镜",
                "2023-11-14T22:13:20.000Z  i2  unknown  电镜",
                "                          i2  not among them any more  电镜",
                "2023-11-14T22:43:20.000Z  i1  standby-idle raised (warning)  电镜",
            ]
        );
        for change in delta["changes"].as_array().unwrap() {
            told.change(change).unwrap();
        }
        assert_eq!(told.rows.len(), 1);
        assert_eq!((&told.rows["i1"][4], &told.rows["i1"][6]), (&json!(1), &json!(1)));
    }
}
