//! How an actor takes its messages.

use super::{
    AskSensor, Deliver, FindLevels, InstrumentActor, NameLevels, Recent, Serve, ServerWasDown, TakeSnapshot, Watch,
};
use actix::prelude::*;

impl Handler<Deliver> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Deliver { items, restored }: Deliver, ctx: &mut Self::Context) {
        self.work(items, restored, ctx);
    }
}

impl Handler<ServerWasDown> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, ServerWasDown(from_ms): ServerWasDown, ctx: &mut Self::Context) {
        self.server_was_down(from_ms, ctx);
    }
}

impl Handler<TakeSnapshot> for InstrumentActor {
    type Result = MessageResult<TakeSnapshot>;

    fn handle(&mut self, TakeSnapshot { all }: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.snapshot(all))
    }
}

impl Handler<Watch> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Watch(watcher): Watch, _: &mut Self::Context) {
        self.watchers.push(watcher);
    }
}

impl Handler<Recent> for InstrumentActor {
    type Result = MessageResult<Recent>;

    fn handle(&mut self, Recent: Recent, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.window.to_vec())
    }
}

impl Handler<AskSensor> for InstrumentActor {
    type Result = MessageResult<AskSensor>;

    fn handle(&mut self, AskSensor: AskSensor, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.sensor_health())
    }
}

impl Handler<FindLevels> for InstrumentActor {
    type Result = MessageResult<FindLevels>;

    fn handle(&mut self, FindLevels: FindLevels, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.classifier.levels(self.shared.calibration_ms))
    }
}

impl Handler<NameLevels> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, NameLevels(names): NameLevels, _: &mut Self::Context) {
        self.classifier.name_levels(names);
    }
}

impl Handler<Serve> for InstrumentActor {
    type Result = ();

    fn handle(&mut self, Serve(model): Serve, _: &mut Self::Context) {
        self.classifier.serve(model, &self.window.to_vec());
        tracing::info!(instrument = %self.id, model = %self.classifier.name(), "another model serves");
    }
}
