//! What a rule about a whole wheel may look at.

use crate::site::Target;
use crate::wheel::Wheel;

/// A wheel, and for whom it is judged.
#[derive(Clone, Copy)]
pub struct WheelCase<'a> {
    /// The wheel.
    pub wheel: &'a Wheel,
    /// The targets of the run, in order; there is at least one.
    pub targets: &'a [Target],
}
