//! A key → the entries that hold it, newest first: two flat arrays instead of a map of lists, 16–20 bytes a
//! posting whatever the keys are.

/// The end of a chain, and an empty bucket.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Node {
    key: u32,
    slot: u32,
    next: u32,
}

#[derive(Debug, Default)]
pub struct Postings {
    buckets: Vec<u32>,
    nodes: Vec<Node>,
    free: Vec<u32>,
}

impl Postings {
    pub fn insert(&mut self, key: u32, slot: u32) {
        if self.nodes.len() - self.free.len() >= self.buckets.len() {
            self.grow();
        }
        let bucket = self.bucket(key);
        let node = Node { key, slot, next: self.buckets[bucket] };
        let at = match self.free.pop() {
            Some(at) => {
                self.nodes[at as usize] = node;
                at
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as u32
            }
        };
        self.buckets[bucket] = at;
    }

    pub fn remove(&mut self, key: u32, slot: u32) {
        if self.buckets.is_empty() {
            return;
        }
        let bucket = self.bucket(key);
        let mut before = NONE;
        let mut at = self.buckets[bucket];
        while at != NONE {
            let node = self.nodes[at as usize];
            if node.key == key && node.slot == slot {
                match before {
                    NONE => self.buckets[bucket] = node.next,
                    before => self.nodes[before as usize].next = node.next,
                }
                self.free.push(at);
                return;
            }
            before = at;
            at = node.next;
        }
    }

    /// The holders of a key, newest first.
    pub fn holders(&self, key: u32) -> impl Iterator<Item = u32> {
        let mut at = if self.buckets.is_empty() { NONE } else { self.buckets[self.bucket(key)] };
        std::iter::from_fn(move || {
            while at != NONE {
                let node = self.nodes[at as usize];
                at = node.next;
                if node.key == key {
                    return Some(node.slot);
                }
            }
            None
        })
    }

    fn bucket(&self, key: u32) -> usize {
        // Keys are hashes, but their low bits may have chosen them: mix, then take the high bits.
        let mixed = u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & (self.buckets.len() - 1)
    }

    fn grow(&mut self) {
        let n = (self.buckets.len() * 2).max(1024);
        // Oldest first, so that chains stay newest first.
        let mut chains: Vec<Node> = Vec::with_capacity(self.nodes.len());
        for head in &self.buckets {
            let start = chains.len();
            let mut at = *head;
            while at != NONE {
                let node = self.nodes[at as usize];
                chains.push(node);
                at = node.next;
            }
            chains[start..].reverse();
        }
        self.buckets = vec![NONE; n];
        self.free.clear();
        self.nodes.clear();
        for node in chains {
            let bucket = self.bucket(node.key);
            self.nodes.push(Node { next: self.buckets[bucket], ..node });
            self.buckets[bucket] = (self.nodes.len() - 1) as u32;
        }
    }
}
