//! A key → the entries that hold it, newest first.
//!
//! Most keys have few holders: they stand in an open table, key beside holder, 8 bytes, two to four in ten of the cells empty. A key
//! with many has a list, and the table holds the list's number. The table is cut into shards that grow one by one and by
//! a third, so that no newcomer pays for copying it all. Who left is not looked for: his postings stay until their shard is
//! swept, and readers pass over them.

/// An empty cell.
const NONE: u32 = u32::MAX;

/// The holder of such a cell is the number of a list.
const LISTED: u32 = 1 << 31;

/// Holders of one key that stand in the table.
const FEW: usize = 8;

/// Parts of the table.
pub const SHARDS: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Cell {
    key: u32,
    slot: u32,
}

const EMPTY: Cell = Cell { key: 0, slot: NONE };

#[derive(Debug, Default)]
struct Shard {
    cells: Vec<Cell>,
    n_cells: usize,
    lists: Vec<Vec<u32>>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub struct Postings {
    shards: Vec<Shard>,
}

impl Default for Postings {
    fn default() -> Postings {
        Postings { shards: std::iter::repeat_with(Shard::default).take(SHARDS).collect() }
    }
}

/// The holders of a key, newest first.
pub enum Holders<'a> {
    Few { slots: [u32; FEW], n: usize },
    Many(std::iter::Rev<std::slice::Iter<'a, u32>>),
}

impl Iterator for Holders<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Holders::Few { slots, n } => {
                *n = n.checked_sub(1)?;
                Some(slots[*n])
            }
            Holders::Many(list) => list.next().copied(),
        }
    }
}

/// Keys are hashes, but some of their bits may have chosen them.
fn mixed(key: u32) -> u64 {
    u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Postings {
    /// `slot`: below 2³¹.
    pub fn insert(&mut self, key: u32, slot: u32) {
        self.shards[shard_of(key)].insert(key, slot);
    }

    /// Those who left and are not swept yet among them.
    pub fn holders(&self, key: u32) -> Holders<'_> {
        self.shards[shard_of(key)].holders(key)
    }

    /// The same of several keys. Where they begin is looked at for all before any is read: in a large window each is a miss of
    /// the cache, and so they are waited for together.
    pub fn holders_of(&self, keys: impl Iterator<Item = u32>) -> impl Iterator<Item = (u32, Holders<'_>)> {
        let starts: Vec<(u32, Cell)> = keys.map(|key| (key, self.shards[shard_of(key)].first(key))).collect();
        starts.into_iter().map(|(key, first)| {
            let none = Holders::Few { slots: [NONE; FEW], n: 0 };
            (key, if first.slot == NONE { none } else { self.holders(key) })
        })
    }

    /// Drops from one of the [`SHARDS`] who is not `alive`.
    pub fn sweep(&mut self, shard: usize, alive: impl Fn(u32) -> bool) {
        self.shards[shard].sweep(alive);
    }
}

fn shard_of(key: u32) -> usize {
    (mixed(key) >> 56) as usize
}

impl Shard {
    fn home(&self, key: u32) -> usize {
        // The 32 bits below those that chose the shard, scaled to the table.
        let place = (mixed(key) >> 24) & 0xffff_ffff;
        ((place * self.cells.len() as u64) >> 32) as usize
    }

    /// What stands where a key's cells begin.
    fn first(&self, key: u32) -> Cell {
        if self.cells.is_empty() { EMPTY } else { self.cells[self.home(key)] }
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.cells.len() { 0 } else { at + 1 }
    }

    /// The cells of a key, oldest first.
    fn cells_of(&self, key: u32) -> impl Iterator<Item = usize> {
        let mut at = if self.cells.is_empty() { 0 } else { self.home(key) };
        std::iter::from_fn(move || {
            while let Some(cell) = self.cells.get(at).filter(|cell| cell.slot != NONE) {
                let here = at;
                at = self.after(at);
                if cell.key == key {
                    return Some(here);
                }
            }
            None
        })
    }

    fn holders(&self, key: u32) -> Holders<'_> {
        let (mut slots, mut n) = ([NONE; FEW], 0);
        for at in self.cells_of(key) {
            let slot = self.cells[at].slot;
            if slot & LISTED != 0 {
                return Holders::Many(self.lists[(slot & !LISTED) as usize].iter().rev());
            }
            slots[n] = slot;
            n += 1;
        }
        Holders::Few { slots, n }
    }

    fn insert(&mut self, key: u32, slot: u32) {
        let (mut places, mut n) = ([0; FEW], 0);
        for at in self.cells_of(key) {
            places[n] = at;
            n += 1;
        }
        let known = if n == 0 { NONE } else { self.cells[places[0]].slot };
        if n == 1 && known & LISTED != 0 {
            self.lists[(known & !LISTED) as usize].push(slot);
            return;
        }
        if n < FEW {
            self.place(Cell { key, slot });
            return;
        }
        let mut list: Vec<u32> = places.iter().map(|at| self.cells[*at].slot).collect();
        list.push(slot);
        let number = self.keep(list);
        self.cells[places[0]].slot = LISTED | number;
        // From the last, so that what closes up does not move those still to go.
        places[1..].iter().rev().for_each(|at| self.vacate(*at));
    }

    fn keep(&mut self, list: Vec<u32>) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.lists[number as usize] = list;
                number
            }
            None => {
                self.lists.push(list);
                (self.lists.len() - 1) as u32
            }
        }
    }

    fn place(&mut self, cell: Cell) {
        if (self.n_cells + 1) * 5 > self.cells.len() * 4 {
            self.resize((self.cells.len() * 4 / 3).max(16));
        }
        let mut at = self.home(cell.key);
        while self.cells[at].slot != NONE {
            at = self.after(at);
        }
        self.cells[at] = cell;
        self.n_cells += 1;
    }

    /// Empties a cell and closes the gap: cells of one key keep their order.
    fn vacate(&mut self, mut hole: usize) {
        let n = self.cells.len();
        let mut at = self.after(hole);
        while self.cells[at].slot != NONE {
            // Whether the cell may stand in the hole: its home is not behind it.
            let from_home = (at + n - self.home(self.cells[at].key)) % n;
            if from_home >= (at + n - hole) % n {
                self.cells[hole] = self.cells[at];
                hole = at;
            }
            at = self.after(at);
        }
        self.cells[hole] = EMPTY;
        self.n_cells -= 1;
    }

    fn resize(&mut self, n_cells: usize) {
        let old = std::mem::replace(&mut self.cells, vec![EMPTY; n_cells]);
        self.n_cells = 0;
        in_order(&old).for_each(|cell| self.place(cell));
    }

    fn sweep(&mut self, alive: impl Fn(u32) -> bool) {
        let old = std::mem::take(&mut self.cells);
        self.n_cells = 0;
        for cell in in_order(&old) {
            let stays = if cell.slot & LISTED == 0 {
                alive(cell.slot)
            } else {
                let list = &mut self.lists[(cell.slot & !LISTED) as usize];
                list.retain(|slot| alive(*slot));
                let empty = list.is_empty();
                if empty {
                    *list = Vec::new();
                    self.free.push(cell.slot & !LISTED);
                }
                !empty
            };
            if stays {
                self.place(cell);
            }
        }
    }
}

/// The cells in use, from behind an empty one, so that no run of cells is cut in two and those of one key keep their order.
fn in_order(cells: &[Cell]) -> impl Iterator<Item = Cell> {
    let start = cells.iter().position(|cell| cell.slot == NONE).unwrap_or(0);
    let (end, from) = cells.split_at(start);
    from.iter().chain(end).copied().filter(|cell| cell.slot != NONE)
}
