use crate::domain::{AlertKind, AlertStep, InstrumentState, Severity};
use crate::notify::model::Language;

/// The same in Chinese and in English.
#[derive(Clone, Copy)]
pub(super) struct Words(pub(super) &'static str, pub(super) &'static str);

impl Words {
    pub(super) fn of(self, language: Language) -> &'static str {
        match language {
            Language::Zh => self.0,
            Language::En => self.1,
        }
    }
}

pub(super) const INSTRUMENT: Words = Words("仪器", "Instrument");
pub(super) const INSTITUTION: Words = Words("单位", "Institution");
pub(super) const WHAT: Words = Words("事项", "What");
pub(super) const SEVERITY: Words = Words("级别", "Severity");
pub(super) const SINCE: Words = Words("开始", "Since");
pub(super) const LASTED: Words = Words("已持续", "For");
pub(super) const ENDED: Words = Words("结束", "Ended");
pub(super) const AT: Words = Words("时间", "At");
pub(super) const STATE: Words = Words("状态", "State");
pub(super) const OPEN: Words = Words("查看仪器", "Open the instrument's page");
pub(super) const MORE: Words = Words("另有未列出的通知，条数：", "Further notices that are not listed: ");
pub(super) const TEST: Words = Words("【测试】大仪的通知可以送达", "[Test] Notifications from dayi arrive");

pub(super) fn kind(kind: AlertKind) -> Words {
    match kind {
        AlertKind::StandbyIdle => Words("待机过久", "On standby for long"),
        AlertKind::Unused => Words("长期未使用", "Not used for long"),
        AlertKind::OffHoursOn => Words("非开放时间开机", "On outside opening hours"),
        AlertKind::Offline => Words("离线", "Offline"),
        AlertKind::NoShow => Words("预约未到", "Booked, and nobody came"),
        AlertKind::BookedIdle => Words("预约后闲置", "Booked and idle"),
        AlertKind::UnbookedUse => Words("未预约使用", "Used without a booking"),
        AlertKind::Overrun => Words("超出预约时段", "Used past the booking's end"),
        AlertKind::ModelDrift => Words("模型偏离现状", "Its model has drifted"),
        AlertKind::SensorFrozen => Words("传感器读数不变", "Its sensor is frozen"),
        AlertKind::ClockSkew => Words("传感器时钟不准", "Its sensor's clock is wrong"),
    }
}

pub(super) fn step(step: AlertStep) -> Words {
    match step {
        AlertStep::Raised => Words("告警", "Alert"),
        AlertStep::Updated => Words("告警升级", "Alert, more severe"),
        AlertStep::Acknowledged => Words("告警已确认", "Alert acknowledged"),
        AlertStep::Silenced => Words("告警已静默", "Alert silenced"),
        AlertStep::Unsilenced => Words("告警恢复通知", "Alert, silence ended"),
        AlertStep::Cleared => Words("告警解除", "Alert ended"),
    }
}

pub(super) fn severity(severity: Severity) -> Words {
    match severity {
        Severity::Notice => Words("提示", "notice"),
        Severity::Warning => Words("警告", "warning"),
        Severity::Serious => Words("严重", "serious"),
        Severity::Critical => Words("紧急", "critical"),
    }
}

pub(super) fn state(state: InstrumentState) -> Words {
    match state {
        InstrumentState::Unknown => Words("未知", "unknown"),
        InstrumentState::Offline => Words("离线", "offline"),
        InstrumentState::Off => Words("关机", "off"),
        InstrumentState::Standby => Words("待机", "standby"),
        InstrumentState::On => Words("开机", "on"),
    }
}

/// How long something lasts, in its two largest units.
pub(super) fn lasting(ms: i64, language: Language) -> String {
    let minutes = ms.max(0) / 60_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let [day, hour, minute] =
        [Words("天", "d"), Words("小时", "h"), Words("分钟", "min")].map(|unit| unit.of(language));
    match (days, hours) {
        (0, 0) => format!("{minutes} {minute}"),
        (0, _) => format!("{hours} {hour} {minutes} {minute}"),
        _ => format!("{days} {day} {hours} {hour}"),
    }
}
