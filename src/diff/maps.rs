//! Maps that are quick: a hasher for our own (that of `serde_json` itself: seeded anew in each process, so that nobody
//! can write names that collide), and a look into JSON objects that does not hash where there are few keys.

use serde_json::{Map, Value};

pub(crate) use foldhash::fast::RandomState;

pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub(crate) type HashSet<K> = std::collections::HashSet<K, RandomState>;

/// Up to so many keys comparing them is quicker than hashing: schemas are asked for fifty keywords and have three.
const FEW: usize = 12;

pub(crate) trait Look {
    fn look(&self, key: &str) -> Option<&Value>;

    fn has(&self, key: &str) -> bool {
        self.look(key).is_some()
    }
}

impl Look for Map<String, Value> {
    fn look(&self, key: &str) -> Option<&Value> {
        if self.len() > FEW {
            return self.get(key);
        }
        self.iter().find(|(k, _)| k.as_str() == key).map(|(_, value)| value)
    }
}

impl Look for Value {
    fn look(&self, key: &str) -> Option<&Value> {
        self.as_object()?.look(key)
    }
}
