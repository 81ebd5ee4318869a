//! The load commands, walked once: what each says, and what dyld's check of the commands would object to
//! (mach_o/UnsafeHeader.cpp: forEachLoadCommand, validStructureLoadCommands).

use object::LittleEndian as Little;
use object::macho::{self, LoadCommandType};
use object::read::macho::{LoadCommandData, MachHeader};

use super::segments::{self, Segment};
use super::slice;
use super::text;
use crate::image::{BuildVersion, Check, Dependent, FileType, Flaw, Platform, Version};

pub(super) type Command<'data> = LoadCommandData<'data, Little>;

/// Everything the load commands say.
#[derive(Default)]
pub(super) struct Commands {
    pub(super) cpu: u32,
    /// `filetype` of the header.
    pub(super) kind: u32,
    pub(super) flags: u32,
    /// Header and load commands together.
    pub(super) header_size: u64,
    pub(super) dependents: Vec<Dependent>,
    pub(super) install_name: Option<String>,
    pub(super) current_version: Option<Version>,
    pub(super) compatibility_version: Option<Version>,
    pub(super) id_count: usize,
    pub(super) uuid: Option<String>,
    pub(super) uuid_count: usize,
    pub(super) rpaths: Vec<String>,
    pub(super) build_versions: Vec<BuildVersion>,
    pub(super) environment: Vec<String>,
    pub(super) segments: Vec<Segment>,
    pub(super) trie: Option<Range>,
    pub(super) chained: Option<Range>,
    pub(super) opcodes: Option<Opcodes>,
    pub(super) symtab: Option<Symtab>,
    /// LC_DYSYMTAB: how many of the symbols are local.
    pub(super) local_symbols: u32,
    pub(super) signature: Option<Range>,
    /// Those of [`crate::image::MachO::commands_of_11`], each once.
    pub(super) commands_of_11: Vec<u32>,
    /// LC_SEGMENT_SPLIT_INFO, and whether it is a mere marker of size zero.
    pub(super) split_info: Option<bool>,
    pub(super) has_dylinker: bool,
    pub(super) main_count: usize,
    pub(super) thread_count: usize,
    pub(super) bad_linker_option: bool,
    /// What the walk itself objects to.
    pub(super) flaws: Vec<Flaw>,
}

/// A piece of the slice.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Range {
    fn new(offset: u32, size: u32) -> Self {
        Range {
            offset: offset.into(),
            size: size.into(),
        }
    }

    /// The bytes, if they are inside the slice.
    pub(super) fn of(self, slice: &[u8]) -> Option<&[u8]> {
        let start = usize::try_from(self.offset).ok()?;
        let size = usize::try_from(self.size).ok()?;
        slice.get(start..start.checked_add(size)?)
    }
}

/// The streams of LC_DYLD_INFO.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Opcodes {
    pub(super) rebase: Range,
    pub(super) bind: Range,
    pub(super) weak_bind: Range,
    pub(super) lazy_bind: Range,
}

/// LC_SYMTAB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symtab {
    pub(super) offset: u32,
    pub(super) count: u32,
    pub(super) strings_offset: u32,
    pub(super) strings_size: u32,
}

impl Commands {
    pub(super) fn walk<Mach>(header: &Mach, slice: &[u8]) -> Commands
    where
        Mach: MachHeader<Endian = Little>,
    {
        let size_of_commands = header.sizeofcmds(Little);
        let own = u64::try_from(size_of::<Mach>()).unwrap_or(32);
        let mut commands = Commands {
            cpu: header.cputype(Little).0,
            kind: header.filetype(Little).0,
            flags: header.flags(Little).0,
            header_size: u64::from(size_of_commands).saturating_add(own),
            ..Commands::default()
        };
        let length = u64::try_from(slice.len()).unwrap_or(u64::MAX);
        if commands.header_size > length {
            let size = commands.header_size;
            commands.flaw(
                Check::Unwalkable,
                format!("load commands length ({size}) exceeds length of file ({length})"),
            );
            return commands;
        }
        let kind = commands.kind;
        if !matches!(kind, 1 | 2 | 5..=12) {
            let text = if kind > 12 {
                format!("unknown mach-o filetype ({kind})")
            } else {
                format!("unknown filetype {kind}")
            };
            commands.flaw(Check::Always, text);
        }
        commands.walk_all(header, slice, own);
        commands
    }

    fn walk_all<Mach>(&mut self, header: &Mach, slice: &[u8], own: u64)
    where
        Mach: MachHeader<Endian = Little>,
    {
        let count = header.ncmds(Little);
        let Ok(mut iterator) = header.load_commands(Little, slice, 0) else {
            self.flaw(Check::Unwalkable, "load commands cannot be read".to_owned());
            return;
        };
        let mut offset = own;
        for index in 1..=count {
            match iterator.next() {
                Ok(Some(command)) => {
                    offset = offset.saturating_add(command.cmdsize().into());
                    self.read(command, index);
                }
                Ok(None) => return,
                Err(_) => {
                    let text = broken_walk(slice, offset, self.header_size, index, count);
                    self.flaw(Check::Unwalkable, text);
                    return;
                }
            }
        }
    }

    pub(super) fn file_type(&self) -> FileType {
        slice::file_type(self.kind)
    }

    fn flaw(&mut self, check: Check, text: String) {
        self.flaws.push(Flaw { check, text });
    }

    fn read(&mut self, command: Command<'_>, index: u32) {
        let kind = command.cmd();
        if let Some(text) = super::structure::command_flaw(&command, index) {
            self.flaw(Check::Always, text);
        }
        match kind {
            macho::LC_ID_DYLIB => self.read_id(command),
            macho::LC_LOAD_DYLIB
            | macho::LC_LOAD_WEAK_DYLIB
            | macho::LC_REEXPORT_DYLIB
            | macho::LC_LOAD_UPWARD_DYLIB => self.dependents.extend(dependent(command)),
            macho::LC_RPATH => self.read_rpath(command),
            macho::LC_UUID => self.read_uuid(command),
            macho::LC_SEGMENT_64 => self.segments.extend(segments::read(command)),
            macho::LC_DYLD_ENVIRONMENT => self.read_environment(command),
            macho::LC_LOAD_DYLINKER => self.has_dylinker = true,
            macho::LC_MAIN => self.main_count = self.main_count.saturating_add(1),
            macho::LC_UNIXTHREAD => self.thread_count = self.thread_count.saturating_add(1),
            macho::LC_LINKER_OPTION => {
                self.bad_linker_option |= super::structure::bad_linker_option(&command);
            }
            _ => self.read_table(command, kind),
        }
        self.read_version(command, kind);
    }

    fn read_table(&mut self, command: Command<'_>, kind: LoadCommandType) {
        let came_with_11 = matches!(
            kind,
            macho::LC_DYLD_EXPORTS_TRIE | macho::LC_DYLD_CHAINED_FIXUPS
        );
        if came_with_11 && !self.commands_of_11.contains(&kind.0) {
            self.commands_of_11.push(kind.0);
        }
        match kind {
            macho::LC_DYLD_EXPORTS_TRIE => self.trie = linkedit(command).or(self.trie),
            macho::LC_DYLD_CHAINED_FIXUPS => self.chained = linkedit(command).or(self.chained),
            macho::LC_CODE_SIGNATURE => {
                self.signature = self.signature.or(linkedit(command));
            }
            macho::LC_SEGMENT_SPLIT_INFO => {
                let marker = linkedit(command).is_some_and(|range| range.size == 0);
                self.split_info = self.split_info.or(Some(marker));
            }
            macho::LC_DYLD_INFO | macho::LC_DYLD_INFO_ONLY => self.read_dyld_info(command),
            macho::LC_DYSYMTAB => {
                if let Ok(table) = command.data::<macho::DysymtabCommand<Little>>() {
                    self.local_symbols = table.nlocalsym.get(Little);
                }
            }
            macho::LC_SYMTAB => {
                if let Ok(table) = command.data::<macho::SymtabCommand<Little>>() {
                    self.symtab = Some(Symtab {
                        offset: table.symoff.get(Little),
                        count: table.nsyms.get(Little),
                        strings_offset: table.stroff.get(Little),
                        strings_size: table.strsize.get(Little),
                    });
                }
            }
            _ => {}
        }
    }

    fn read_id(&mut self, command: Command<'_>) {
        self.id_count = self.id_count.saturating_add(1);
        let Ok(id) = command.data::<macho::DylibCommand<Little>>() else {
            return;
        };
        if self.install_name.is_none() {
            let name = command.string(Little, id.dylib.name);
            self.install_name = name.ok().map(text::lossy);
            let current = id.dylib.current_version.get(Little).0;
            self.current_version = Some(Version::from_packed(current));
            let compatible = id.dylib.compatibility_version.get(Little).0;
            self.compatibility_version = Some(Version::from_packed(compatible));
        }
    }

    fn read_rpath(&mut self, command: Command<'_>) {
        if let Ok(rpath) = command.data::<macho::RpathCommand<Little>>() {
            let path = command.string(Little, rpath.path);
            self.rpaths.extend(path.ok().map(text::lossy));
        }
    }

    fn read_uuid(&mut self, command: Command<'_>) {
        self.uuid_count = self.uuid_count.saturating_add(1);
        if let (None, Ok(uuid)) = (&self.uuid, command.data::<macho::UuidCommand<Little>>()) {
            self.uuid = Some(text::uuid(&uuid.uuid));
        }
    }

    fn read_environment(&mut self, command: Command<'_>) {
        if let Ok(variable) = command.data::<macho::DylinkerCommand<Little>>() {
            let name = command.string(Little, variable.name);
            self.environment.extend(name.ok().map(text::lossy));
        }
    }

    fn read_dyld_info(&mut self, command: Command<'_>) {
        let Ok(info) = command.data::<macho::DyldInfoCommand<Little>>() else {
            return;
        };
        let range = |offset: object::U32<Little>, size: object::U32<Little>| {
            Range::new(offset.get(Little), size.get(Little))
        };
        self.opcodes = Some(Opcodes {
            rebase: range(info.rebase_off, info.rebase_size),
            bind: range(info.bind_off, info.bind_size),
            weak_bind: range(info.weak_bind_off, info.weak_bind_size),
            lazy_bind: range(info.lazy_bind_off, info.lazy_bind_size),
        });
        self.trie = Some(range(info.export_off, info.export_size));
    }

    fn read_version(&mut self, command: Command<'_>, kind: LoadCommandType) {
        let on_intel = self.cpu == macho::CPU_TYPE_X86_64.0;
        let platform = match kind {
            macho::LC_BUILD_VERSION => return self.read_build_version(command),
            macho::LC_VERSION_MIN_MACOSX => Platform::MacOs,
            macho::LC_VERSION_MIN_IPHONEOS if on_intel => Platform::IosSimulator,
            macho::LC_VERSION_MIN_IPHONEOS => Platform::Ios,
            macho::LC_VERSION_MIN_TVOS => Platform::Other(if on_intel { 8 } else { 3 }),
            macho::LC_VERSION_MIN_WATCHOS => Platform::Other(if on_intel { 9 } else { 4 }),
            _ => return,
        };
        let Ok(version) = command.data::<macho::VersionMinCommand<Little>>() else {
            return;
        };
        let minos = version.version.get(Little).0;
        // The first form of the command had no SDK.
        let sdk = match version.sdk.get(Little).0 {
            0 => minos,
            sdk => sdk,
        };
        self.build_versions.push(BuildVersion {
            platform,
            minos: Version::from_packed(minos),
            sdk: Version::from_packed(sdk),
        });
    }

    fn read_build_version(&mut self, command: Command<'_>) {
        if let Ok(version) = command.data::<macho::BuildVersionCommand<Little>>() {
            self.build_versions.push(BuildVersion {
                platform: text::platform(version.platform.get(Little).0),
                minos: Version::from_packed(version.minos.get(Little).0),
                sdk: Version::from_packed(version.sdk.get(Little).0),
            });
        }
    }
}

/// dyld prints addresses in memory where this prints offsets in the slice.
fn broken_walk(slice: &[u8], offset: u64, end: u64, index: u32, count: u32) -> String {
    let start = format!("malformed load command ({index} of {count}) at 0x{offset:x} with mh=0x0");
    let size = usize::try_from(offset.saturating_add(4))
        .ok()
        .and_then(|at| slice.get(at..))
        .and_then(|rest| rest.first_chunk::<4>())
        .map(|bytes| u32::from_le_bytes(*bytes));
    match size {
        _ if offset >= end => format!("{start}, off end of load commands"),
        None => format!("{start}, off end of load commands"),
        Some(size) if size < 8 => format!("{start}, size (0x{size:X}) too small"),
        Some(size) => {
            format!("{start}, size (0x{size:X}) is too large, load commands end at 0x{end:x}")
        }
    }
}

fn linkedit(command: Command<'_>) -> Option<Range> {
    let data = command.data::<macho::LinkeditDataCommand<Little>>().ok()?;
    Some(Range::new(
        data.dataoff.get(Little),
        data.datasize.get(Little),
    ))
}

/// Flags of `dylib_use_command` win over the command's number (UnsafeHeader::loadCommandToDylibKind); illegal
/// combinations lose a flag (JustInTimeLoader::loadDependents).
fn dependent(command: Command<'_>) -> Option<Dependent> {
    const WEAK: u32 = 1;
    const REEXPORT: u32 = 2;
    const UPWARD: u32 = 4;
    const DELAY_INIT: u32 = 8;
    let dylib = command.data::<macho::DylibCommand<Little>>().ok()?;
    let name = command.string(Little, dylib.dylib.name).ok();
    let used = command.dylib_use_flags(Little, dylib).ok().flatten();
    let flags = match used {
        Some(flags) => flags.0,
        None => match command.cmd() {
            macho::LC_LOAD_WEAK_DYLIB => WEAK,
            macho::LC_REEXPORT_DYLIB => REEXPORT,
            macho::LC_LOAD_UPWARD_DYLIB => UPWARD,
            _ => 0,
        },
    };
    let reexport = flags & REEXPORT != 0;
    let version = |word: macho::Version| Some(Version::from_packed(word.0));
    Some(Dependent {
        install_name: name.map(text::lossy).unwrap_or_default(),
        weak: flags & WEAK != 0 && !reexport,
        reexport,
        upward: flags & UPWARD != 0,
        delay_init: flags & DELAY_INIT != 0 && !reexport,
        current_version: version(dylib.dylib.current_version.get(Little)),
        compatibility_version: version(dylib.dylib.compatibility_version.get(Little)),
    })
}
