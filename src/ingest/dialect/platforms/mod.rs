//! The property reports of IoT platforms that are common in China: each has its own topic and envelope around the same
//! named values.

pub(super) mod aliyun;
pub(super) mod huawei;
pub(super) mod jetlinks;
pub(super) mod onenet;
