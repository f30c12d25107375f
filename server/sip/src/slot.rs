//! Numbered places with generations: a stale key finds nothing.

/// A place and its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Place.
    pub slot: u32,
    /// Generation.
    pub generation: u32,
}

impl Key {
    /// No place at all.
    pub(crate) const NONE: Self = Self { slot: u32::MAX, generation: 0 };

    /// As a number below 2^63, for the ids that owners see.
    pub const fn name(self) -> u64 {
        ((self.generation & 0x7fff_ffff) as u64) << 32 | self.slot as u64
    }
}

/// Values that are found by [`Key`] without hashing.
#[derive(Debug)]
pub struct Slots<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    /// Empty.
    pub const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Keeps a value.
    pub fn insert(&mut self, value: T) -> Key {
        self.insert_with(|_| value)
    }

    /// Keeps a value that must know its own key.
    pub fn insert_with(&mut self, make: impl FnOnce(Key) -> T) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 transactions")
        });
        let place = &mut self.places[slot as usize];
        let key = Key { slot, generation: place.0 };
        place.1 = Some(make(key));
        key
    }

    /// The value.
    pub fn get(&self, key: Key) -> Option<&T> {
        self.places.get(key.slot as usize).filter(|place| place.0 == key.generation)?.1.as_ref()
    }

    /// The value, to change it.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.places.get_mut(key.slot as usize).filter(|place| place.0 == key.generation)?.1.as_mut()
    }

    /// Takes the value out; its key is never valid again.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.slot as usize).filter(|place| place.0 == key.generation)?;
        let value = place.1.take()?;
        place.0 = place.0.wrapping_add(1);
        self.free.push(key.slot);
        Some(value)
    }

    /// The key whose [`Key::name`] this is.
    pub fn named(&self, name: u64) -> Option<Key> {
        let slot = name as u32;
        let generation = self.places.get(slot as usize)?.0;
        let key = Key { slot, generation };
        (key.name() == name).then_some(key)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Every key and value.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.places.iter().enumerate().filter_map(|(slot, (generation, value))| {
            let slot = u32::try_from(slot).ok()?;
            value.as_ref().map(|value| (Key { slot, generation: *generation }, value))
        })
    }
}
