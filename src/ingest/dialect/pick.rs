//! A binding's channel, where a dialect names its values: `name`, or `name@unit` where the value is not in ampere.

use super::heard::Measured;

/// What the value of a channel is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Ampere,
    Milliampere,
    Watt,
    Kilowatt,
}

/// Which value of a sensor is the instrument's current or power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick<'a> {
    pub(super) name: &'a str,
    pub(super) unit: Unit,
}

impl Unit {
    /// The unit's symbol as written in SenML (RFC 8428 and 8798) and behind a channel's `@`.
    pub(super) fn of(symbol: &str) -> Option<Self> {
        match symbol {
            "A" => Some(Self::Ampere),
            "mA" => Some(Self::Milliampere),
            "W" => Some(Self::Watt),
            "kW" => Some(Self::Kilowatt),
            _ => None,
        }
    }

    /// A value of this unit as a current or a power.
    pub(super) fn measured(self, value: f64, voltage: Option<f64>, ts_ms: Option<i64>) -> Measured {
        let (current, power) = match self {
            Self::Ampere => (Some(value), None),
            Self::Milliampere => (Some(value / 1000.0), None),
            Self::Watt => (None, Some(value)),
            Self::Kilowatt => (None, Some(value * 1000.0)),
        };
        Measured { current, power, voltage, ts_ms }
    }
}

impl<'a> Pick<'a> {
    /// Reads a channel; `None` for an empty one and for an unknown unit.
    pub(super) fn of(channel: &'a str) -> Option<Self> {
        let (name, unit) = match channel.rsplit_once('@') {
            Some((name, symbol)) => (name, Unit::of(symbol)?),
            None => (channel, Unit::Ampere),
        };
        (!name.is_empty()).then_some(Self { name, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_names_a_value_and_maybe_its_unit() {
        assert_eq!(Pick::of("Ia"), Some(Pick { name: "Ia", unit: Unit::Ampere }));
        assert_eq!(Pick::of("a@b@kW"), Some(Pick { name: "a@b", unit: Unit::Kilowatt }));
        for bad in ["", "@W", "Ia@horsepower", "Ia@"] {
            assert_eq!(Pick::of(bad), None, "{bad}");
        }
        assert_eq!(Unit::Milliampere.measured(1500.0, None, None).current, Some(1.5));
        assert_eq!(Unit::Kilowatt.measured(2.0, None, None).power, Some(2000.0));
    }
}
