//! A member's content, in pieces: never the whole of it in memory, never more than the directory claims.

use std::fmt;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::archive::{Archive, Member};

/// A piece: small enough to stay in a processor's cache until all that look at it are done.
const PIECE: usize = 128 << 10;

/// Why a member's content is not what the directory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberError {
    /// The packed data are damaged.
    Damaged,
    /// It has another size than the directory claims: the size counted, at least.
    Size {
        /// What the directory claims.
        claimed: u64,
        /// What came out before it was stopped.
        counted: u64,
    },
    /// Its checksum is not the directory's.
    Checksum,
    /// A native file that unpacks to more than its archive makes believable.
    Bloated,
}

impl fmt::Display for MemberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemberError::Damaged => f.write_str("its packed data are damaged"),
            MemberError::Size { claimed, counted } if counted > claimed => {
                write!(
                    f,
                    "it unpacks to more than the {claimed} bytes that the archive claims"
                )
            }
            MemberError::Size { claimed, counted } => {
                write!(
                    f,
                    "it unpacks to {counted} bytes, and the archive claims {claimed}"
                )
            }
            MemberError::Bloated => {
                f.write_str("it unpacks to far more than a native file of an archive of this size")
            }
            MemberError::Checksum => f.write_str("its checksum is not what the archive says"),
        }
    }
}

impl std::error::Error for MemberError {}

/// Unpacks one member after the other; its buffers are used again.
pub struct Inflater {
    state: Decompress,
    piece: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Inflater::new()
    }
}

impl Inflater {
    /// An inflater.
    pub fn new() -> Self {
        Inflater {
            state: Decompress::new(false),
            piece: vec![0; PIECE],
        }
    }

    /// Hands a member's content to `sink`, piece by piece. What was handed over counts only if this returns `Ok`.
    pub fn stream(
        &mut self,
        archive: &Archive,
        member: &Member,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), MemberError> {
        let mut crc = Crc::new();
        let mut counted = 0_u64;
        let mut take = |piece: &[u8]| {
            counted = counted.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if counted > member.size {
                let claimed = member.size;
                return Err(MemberError::Size { claimed, counted });
            }
            crc.update(piece);
            sink(piece);
            Ok(())
        };
        let data = archive.data(member);
        if member.deflated {
            self.inflate(data, &mut take)?;
        } else {
            data.chunks(PIECE).try_for_each(&mut take)?;
        }
        if counted != member.size {
            let claimed = member.size;
            return Err(MemberError::Size { claimed, counted });
        }
        if crc.sum() != member.checksum {
            return Err(MemberError::Checksum);
        }
        Ok(())
    }

    /// The whole content of a member.
    pub fn read(&mut self, archive: &Archive, member: &Member) -> Result<Vec<u8>, MemberError> {
        let mut content = Vec::new();
        self.stream(archive, member, &mut |piece| {
            content.extend_from_slice(piece)
        })?;
        Ok(content)
    }

    fn inflate(
        &mut self,
        data: &[u8],
        take: &mut dyn FnMut(&[u8]) -> Result<(), MemberError>,
    ) -> Result<(), MemberError> {
        self.state.reset(false);
        loop {
            let before = (self.state.total_in(), self.state.total_out());
            let at = usize::try_from(before.0).map_err(|_| MemberError::Damaged)?;
            let rest = data.get(at..).unwrap_or_default();
            let status = self
                .state
                .decompress(rest, &mut self.piece, FlushDecompress::None)
                .map_err(|_| MemberError::Damaged)?;
            let made = self.state.total_out().saturating_sub(before.1);
            let made = usize::try_from(made).map_err(|_| MemberError::Damaged)?;
            take(self.piece.get(..made).unwrap_or_default())?;
            match status {
                Status::StreamEnd => return Ok(()),
                // Nothing in, nothing out: the data end before the stream does.
                Status::Ok | Status::BufError => {
                    if (self.state.total_in(), self.state.total_out()) == before {
                        return Err(MemberError::Damaged);
                    }
                }
            }
        }
    }
}
