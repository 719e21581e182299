//! Lengths the standard allows for its TLVs, by direct look-up.

/// True unless `tag` is the standard's and `length` is not what the standard allows for it.
#[inline(always)]
pub(super) fn permits(tag: u16, length: usize) -> bool {
    let Some(&class) = CLASS.get(usize::from(tag)) else {
        return true;
    };
    let (least, most) = LIMITS[usize::from(class) % LIMITS.len()];
    (usize::from(least)..=usize::from(most)).contains(&length)
}

/// Least and most octets; a power of two of them, so that no class is out of bounds.
const LIMITS: [(u16, u16); 32] = {
    let mut limits = [(0, u16::MAX); 32];
    let mut class = 0;
    while class < KNOWN.len() {
        limits[class + 1] = KNOWN[class].0;
        class += 1;
    }
    limits
};

/// The class of each tag; zero permits everything.
static CLASS: [u8; 0x1400] = {
    let mut table = [0; 0x1400];
    let mut class = 0;
    while class < KNOWN.len() {
        let tags = KNOWN[class].1;
        let mut at = 0;
        while at < tags.len() {
            table[tags[at] as usize] = class as u8 + 1;
            at += 1;
        }
        class += 1;
    }
    table
};

/// Tags by the lengths they may have.
const KNOWN: [((u16, u16), &[u16]); 20] = [
    (
        (1, 1),
        &[
            0x0005, 0x0006, 0x0007, 0x000D, 0x000E, 0x000F, 0x0019, 0x0030, 0x0201, 0x0205, 0x020D, 0x020E, 0x020F, 0x0210,
            0x0302, 0x0304, 0x0420, 0x0421, 0x0422, 0x0425, 0x0426, 0x0427, 0x0428, 0x0501, 0x0600, 0x0603, 0x0608, 0x0611,
            0x1201, 0x1380,
        ],
    ),
    ((2, 2), &[0x0008, 0x0204, 0x020A, 0x020B, 0x020C, 0x0604, 0x1203, 0x1383]),
    ((4, 4), &[0x0017, 0x0607]),
    ((3, 3), &[0x0423, 0x0601, 0x0605]),
    ((6, 6), &[0x060F, 0x0610]),
    ((1, 2), &[0x0010]),
    ((1, 256), &[0x001D]),
    ((1, 65), &[0x001E, 0x060D, 0x060E]),
    ((2, 23), &[0x0202, 0x0203]),
    ((0, 65), &[0x0303]),
    ((4, 19), &[0x0381]),
    ((1, 255), &[0x0602, 0x060A]),
    ((1, 101), &[0x0606]),
    ((16, 17), &[0x0609]),
    ((1, 1024), &[0x060B]),
    ((10, 10), &[0x0612]),
    ((1, 5), &[0x0613]),
    ((1, 4), &[0x1204]),
    ((0, 1), &[0x130C]),
    ((0, u16::MAX), &[0x0424]),
];
