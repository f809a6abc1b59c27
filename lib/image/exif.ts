// The orientation that a camera wrote next to its pixels (EXIF 2.32, tag 0x0112): a TIFF structure inside a
// JPEG's APP1 segment or a PNG's eXIf chunk. Broken metadata is common, and never a reason to refuse a photo.

/** 1 upright; 2, 4, 5, 7 mirrored; 3, 6, 8 turned. See orientation.ts for what each does. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const orientationTag = 0x0112;
const shortType = 3;

/** Orientation from a TIFF structure; 1 if it has none or is broken. */
export function exifOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const byteOrder = view.getUint16(0);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return 1;
  const little = byteOrder === 0x4949;
  const directory = view.getUint32(4, little);
  if (view.getUint16(2, little) !== 42 || directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.length; i++, at += 12) {
    if (view.getUint16(at, little) !== orientationTag) continue;
    const value = view.getUint16(at + 8, little);
    const valid = view.getUint16(at + 2, little) === shortType && value >= 1 && value <= 8;
    return valid ? (value as Orientation) : 1;
  }
  return 1;
}
