//! Exact decimal numbers, as JSON writes them: `mantissa × 10^exponent`. Bounds and `multipleOf` are compared without
//! rounding; what does not fit 128 bits answers `None` and ends as `undecided`.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Normalised: no trailing zeros in `m`; zero is `0 × 10^0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Dec {
    m: i128,
    e: i32,
}

impl std::fmt::Display for Dec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.e == 0 { write!(f, "{}", self.m) } else { write!(f, "{}e{}", self.m, self.e) }
    }
}

impl Dec {
    pub(crate) const ZERO: Dec = Dec { m: 0, e: 0 };
    pub(crate) const ONE: Dec = Dec { m: 1, e: 0 };

    pub(crate) fn new(mut m: i128, mut e: i32) -> Dec {
        if m == 0 {
            return Dec::ZERO;
        }
        while m % 10 == 0 {
            m /= 10;
            e = e.saturating_add(1);
        }
        Dec { m, e }
    }

    pub(crate) fn of(number: &Number) -> Option<Dec> {
        if let Some(i) = number.as_i64() {
            return Some(Dec::new(i.into(), 0));
        }
        let text = number.to_string();
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((d, e)) => (d, e.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let m: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Dec::new(m, exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?))
    }

    /// As JSON; `None` when JSON's numbers cannot hold it exactly.
    pub(crate) fn value(self) -> Option<Value> {
        let whole = || 10i128.checked_pow(self.e.unsigned_abs()).and_then(|p| self.m.checked_mul(p));
        if let Some(m) = (self.e >= 0).then(whole).flatten() {
            if let Ok(i) = i64::try_from(m) {
                return Some(Value::from(i));
            }
            if let Ok(u) = u64::try_from(m) {
                return Some(Value::from(u));
            }
        }
        let number = Number::from_f64(format!("{}e{}", self.m, self.e).parse().ok()?)?;
        (Dec::of(&number) == Some(self)).then_some(Value::Number(number))
    }

    pub(crate) fn is_integer(self) -> bool {
        self.e >= 0
    }

    /// Both mantissas at one exponent.
    fn align(self, other: Dec) -> Option<(i128, i128, i32)> {
        let e = self.e.min(other.e);
        let lift = |d: Dec| {
            let by = u32::try_from(d.e.checked_sub(e)?).ok()?;
            d.m.checked_mul(10i128.checked_pow(by)?)
        };
        if self.m == 0 || other.m == 0 {
            return Some(if self.m == 0 { (0, other.m, other.e) } else { (self.m, 0, self.e) });
        }
        Some((lift(self)?, lift(other)?, e))
    }

    pub(crate) fn compare(self, other: Dec) -> Ordering {
        match self.align(other) {
            Some((a, b, _)) => a.cmp(&b),
            // Only numbers of very different size do not align.
            None => {
                let f = |d: Dec| format!("{}e{}", d.m, d.e).parse::<f64>().unwrap_or(f64::NAN);
                f(self).partial_cmp(&f(other)).unwrap_or(Ordering::Equal)
            }
        }
    }

    pub(crate) fn add(self, other: Dec) -> Option<Dec> {
        let (a, b, e) = self.align(other)?;
        Some(Dec::new(a.checked_add(b)?, e))
    }

    pub(crate) fn minus(self) -> Dec {
        Dec { m: -self.m, e: self.e }
    }

    pub(crate) fn times(self, k: i128) -> Option<Dec> {
        Some(Dec::new(self.m.checked_mul(k)?, self.e))
    }

    pub(crate) fn half(self) -> Option<Dec> {
        Some(Dec::new(self.m.checked_mul(5)?, self.e.checked_sub(1)?))
    }

    /// Is `self` a whole multiple of `step` (not zero)?
    pub(crate) fn is_multiple_of(self, step: Dec) -> Option<bool> {
        if self.m == 0 {
            return Some(true);
        }
        let (a, b, _) = self.align(step)?;
        (b != 0).then(|| a % b == 0)
    }

    /// The smallest number that is a multiple of both.
    pub(crate) fn lcm(self, other: Dec) -> Option<Dec> {
        let (a, b, e) = self.align(other)?;
        let (mut x, mut y) = (a.unsigned_abs(), b.unsigned_abs());
        while y != 0 {
            (x, y) = (y, x % y);
        }
        let gcd = i128::try_from(x).ok().filter(|g| *g != 0)?;
        Some(Dec::new((a / gcd).checked_mul(b)?.checked_abs()?, e))
    }

    /// The smallest k with `k × step >= self`, and whether it is exactly `self`.
    pub(crate) fn steps_up(self, step: Dec) -> Option<(i128, bool)> {
        let (a, b, _) = self.align(step)?;
        if b <= 0 {
            return None;
        }
        let floor = a.div_euclid(b);
        Some(if a.rem_euclid(b) == 0 { (floor, true) } else { (floor.checked_add(1)?, false) })
    }
}
