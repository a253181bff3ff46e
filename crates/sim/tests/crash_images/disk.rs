//! What a disk may hold after the power went: from a trace of file operations to images.
//!
//! A file is what was synced, plus what was asked for since. A sync of a file makes its content
//! durable, a sync of its folder makes its name durable. Between syncs a disk may keep any part
//! of what was asked for, in sectors of 512 bytes.

use std::collections::BTreeMap;
use std::path::Path;

/// Bytes that a disk writes wholly or not at all.
const SECTOR: usize = 512;

/// One operation of the trace of `disk.c`.
pub struct Op {
    pub kind: u8,
    pub path: String,
    offset: u64,
    pub data: Vec<u8>,
}

/// Reads a trace.
pub fn parse(trace: &[u8]) -> Vec<Op> {
    let (mut rest, mut ops) = (trace, Vec::new());
    let mut take = |len: usize| {
        let (taken, left) = rest.split_at(len);
        rest = left;
        (taken.to_vec(), left.is_empty())
    };
    loop {
        let kind = take(1).0[0];
        let path_len = u16::from_le_bytes(take(2).0.try_into().expect("two bytes"));
        let path = String::from_utf8(take(usize::from(path_len)).0).expect("a path");
        let offset = u64::from_le_bytes(take(8).0.try_into().expect("eight bytes"));
        let len = u32::from_le_bytes(take(4).0.try_into().expect("four bytes"));
        let (data, done) = take(len as usize);
        ops.push(Op { kind, path, offset, data });
        if done {
            return ops;
        }
    }
}

/// How an image differs from what the process asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Not at all: the process died, the machine did not.
    Whole,
    /// Nothing that was not synced is there.
    Unsynced,
    /// The last write is there in part, from its beginning.
    Short,
    /// Of the last write some sectors are there.
    Torn,
    /// Of what was not synced some is there and some is not, whatever came first.
    Reordered,
    /// Names made or removed since the folder was synced are as they were.
    Folder,
}

/// Files by name.
pub type Image = BTreeMap<String, Vec<u8>>;

/// A write or a change of length that no sync followed yet.
#[derive(Clone)]
struct Pending {
    kind: u8,
    offset: u64,
    data: Vec<u8>,
}

#[derive(Clone, Default)]
struct Watched {
    synced: Vec<u8>,
    pending: Vec<Pending>,
    /// Its name is durable.
    named: bool,
}

/// The disk so far.
#[derive(Default)]
pub struct Disk {
    files: BTreeMap<String, Watched>,
    /// Removed since the folder was synced.
    removed: BTreeMap<String, Vec<u8>>,
    /// Where the last write went.
    last: Option<String>,
}

/// Dice for subsets; a seed is a subset.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn apply(content: &mut Vec<u8>, kind: u8, offset: u64, data: &[u8]) {
    let offset = usize::try_from(offset).expect("a small file");
    if kind == b'T' {
        content.resize(offset, 0);
        return;
    }
    let end = offset + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(data);
}

impl Watched {
    /// The content with those pending operations of which `keep` says so, by number and sector.
    fn with(&self, mut keep: impl FnMut(usize, usize) -> bool) -> Vec<u8> {
        let mut content = self.synced.clone();
        for (number, pending) in self.pending.iter().enumerate() {
            let Pending { kind, offset, data } = pending;
            if data.is_empty() {
                if keep(number, 0) {
                    apply(&mut content, *kind, *offset, data);
                }
                continue;
            }
            for (at, sector) in data.chunks(SECTOR).enumerate() {
                if keep(number, at) {
                    apply(&mut content, *kind, offset + (at * SECTOR) as u64, sector);
                }
            }
        }
        content
    }

    fn whole(&self) -> Vec<u8> {
        self.with(|_, _| true)
    }
}

impl Disk {
    /// One operation more.
    pub fn apply(&mut self, op: &Op) {
        self.last = None;
        match op.kind {
            b'A' => {}
            b'U' => {
                if let Some(file) = self.files.remove(&op.path)
                    && file.named
                {
                    self.removed.insert(op.path.clone(), file.synced);
                }
            }
            b'S' => match self.files.get_mut(&op.path) {
                Some(file) => {
                    file.synced = file.whole();
                    file.pending.clear();
                }
                // The folder.
                None => {
                    self.removed.clear();
                    self.files.values_mut().for_each(|file| file.named = true);
                }
            },
            kind => {
                self.last = Some(op.path.clone());
                let pending = Pending { kind, offset: op.offset, data: op.data.clone() };
                self.files.entry(op.path.clone()).or_default().pending.push(pending);
            }
        }
    }

    fn image(&self, mut content: impl FnMut(&str, &Watched) -> Vec<u8>) -> Image {
        let name = |path: &str| {
            let name = Path::new(path).file_name().expect("a file");
            name.to_str().expect("readable").to_owned()
        };
        self.files.iter().map(|(path, file)| (name(path), content(path, file))).collect()
    }

    /// What the disk may hold now, some images of each kind that is possible.
    pub fn images(&self, seed: u64, subsets: u64) -> Vec<(Kind, Image)> {
        let mut images = vec![
            (Kind::Whole, self.image(|_, file| file.whole())),
            (Kind::Unsynced, self.image(|_, file| file.synced.clone())),
        ];
        self.last_write(&mut images);
        if self.files.values().any(|file| file.pending.len() > 1) {
            self.reordered(seed, subsets, &mut images);
        }
        let forgotten = self.files.values().any(|file| !file.named);
        if forgotten || !self.removed.is_empty() {
            for content in [Watched::whole, |file: &Watched| file.synced.clone()] {
                let mut image = self.image(|_, file| content(file));
                for (path, file) in &self.files {
                    let name = Path::new(path).file_name().expect("a file").to_string_lossy();
                    if !file.named {
                        image.remove(name.as_ref());
                    }
                }
                for (path, content) in &self.removed {
                    let name = Path::new(path).file_name().expect("a file").to_string_lossy();
                    image.insert(name.into_owned(), content.clone());
                }
                images.push((Kind::Folder, image));
            }
        }
        images
    }

    /// The last write short and torn, everything before it there.
    fn last_write(&self, images: &mut Vec<(Kind, Image)>) {
        let Some((path, file)) = self.last.as_ref().and_then(|path| self.files.get_key_value(path))
        else {
            return;
        };
        let Some(write) = file.pending.last().filter(|write| !write.data.is_empty()) else {
            return;
        };
        let (last, len) = (file.pending.len() - 1, write.data.len());
        for kept in [1, len / 2, len - 1] {
            let short = self.image(|at, file| {
                if at != path {
                    return file.whole();
                }
                let mut content = file.with(|number, _| number != last);
                apply(&mut content, write.kind, write.offset, &write.data[..kept]);
                content
            });
            images.push((Kind::Short, short));
        }
        if len <= SECTOR {
            return;
        }
        for parity in 0..2 {
            let torn = self.image(|at, file| {
                file.with(|number, sector| at != path || number != last || sector % 2 == parity)
            });
            images.push((Kind::Torn, torn));
        }
    }

    fn reordered(&self, seed: u64, subsets: u64, images: &mut Vec<(Kind, Image)>) {
        // Only the last, and all but the first: what an order of writes would rule out.
        let newest = |file: &Watched| {
            let last = file.pending.len().saturating_sub(1);
            file.with(|number, _| number == last)
        };
        images.push((Kind::Reordered, self.image(|_, file| newest(file))));
        images.push((Kind::Reordered, self.image(|_, file| file.with(|number, _| number > 0))));
        for subset in 0..subsets {
            let mut dice = Dice(seed.wrapping_mul(1000).wrapping_add(subset));
            let by_sector = subset % 2 == 1;
            let some = self.image(|_, file| {
                let mut fate = (usize::MAX, false);
                file.with(|number, _| {
                    if by_sector || fate.0 != number {
                        fate = (number, dice.below(3) > 0);
                    }
                    fate.1
                })
            });
            images.push((Kind::Reordered, some));
        }
    }
}
