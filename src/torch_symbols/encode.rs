//! The table, packed: what [`super::decode`] reads.

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::arch::Side;
use super::bytes::{put_text, put_varint};
use super::classes::Place;
use super::decode::MAGIC;
use super::names::Names;
use super::table::TorchSymbols;

impl TorchSymbols {
    /// The packed table. (`zstd --ultra -22` makes it half as large: docs/torch-symbols.md.)
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for side in Side::ALL {
            put_varint(&mut out, self.all(side).len());
            for version in self.all(side).iter() {
                put_text(&mut out, version);
            }
        }
        self.put_builds(&mut out);
        put_varint(&mut out, self.stable.len());
        let mut last = 0usize;
        for (at, family) in &self.stable {
            put_varint(&mut out, at.saturating_sub(last));
            out.push(family.number());
            last = *at;
        }
        put_varint(&mut out, self.classes.len());
        for class in &self.classes {
            put_class(&mut out, class);
        }
        put_names(&mut out, &self.names);
        out.extend(self.class_of.iter().map(|class| class.to_le_bytes()[0]));
        out.extend(self.class_of.iter().map(|class| class.to_le_bytes()[1]));
        compress_to_vec(out.as_slice(), CompressionLevel::Fastest)
    }

    fn put_builds(&self, out: &mut Vec<u8>) {
        let placed: Vec<_> = self
            .builds
            .iter()
            .filter_map(|build| {
                let side = Side::of(build.arch)?;
                Some((build, side, self.position(side, &build.version)?))
            })
            .collect();
        put_varint(out, placed.len());
        for (build, side, release) in placed {
            out.push(side.number());
            put_varint(out, release);
            put_text(out, &build.python);
            put_text(out, &build.minos);
            out.push(u8::try_from(build.uuids.len()).unwrap_or(0));
            for (library, uuid) in &build.uuids {
                out.push(library.number());
                out.extend_from_slice(uuid);
            }
        }
    }
}

fn put_class(out: &mut Vec<u8>, class: &[Place]) {
    out.push(u8::try_from(class.len()).unwrap_or(0));
    for place in class {
        let partial = if place.partial == 0 { 0 } else { 0x80 };
        out.push(partial | place.side.number() << 4 | place.library.number());
        out.extend_from_slice(&place.mask.to_le_bytes());
        if place.partial != 0 {
            out.extend_from_slice(&place.partial.to_le_bytes());
        }
    }
}

fn put_names(out: &mut Vec<u8>, names: &Names) {
    let (mut control, mut text) = (Vec::new(), Vec::new());
    let mut last: &[u8] = &[];
    for name in names.iter() {
        let same = last.iter().zip(name).take_while(|(a, b)| a == b).count();
        let shared = u8::try_from(same).unwrap_or(u8::MAX);
        let rest = name.get(usize::from(shared)..).unwrap_or_default();
        control.push(shared);
        put_varint(&mut control, rest.len());
        text.extend_from_slice(rest);
        last = name;
    }
    put_varint(out, names.len());
    put_varint(out, control.len());
    put_varint(out, text.len());
    out.extend(control);
    out.extend(text);
}
