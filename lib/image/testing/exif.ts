// EXIF metadata for tests.

/** A TIFF structure whose first directory holds an unrelated tag and the orientation. */
export function exif(orientation: number, byteOrder: 'II' | 'MM' = 'MM'): Uint8Array {
  const little = byteOrder === 'II';
  const bytes = new Uint8Array(8 + 2 + 2 * 12 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 2, little);
  for (const [i, [tag, value]] of [
    [0x0106, 2],
    [0x0112, orientation],
  ].entries() as Iterable<[number, [number, number]]>) {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, 3, little);
    view.setUint32(at + 4, 1, little);
    view.setUint16(at + 8, value, little);
  }
  return bytes;
}

/** A JPEG with an Exif segment put behind its start. */
export function withExif(jpeg: Uint8Array, tiff: Uint8Array): Uint8Array {
  return insertSegment(jpeg, 0xe1, [...new TextEncoder().encode('Exif\0\0'), ...tiff]);
}

/** A JPEG with any segment put behind its start. */
export function insertSegment(jpeg: Uint8Array, code: number, data: number[]): Uint8Array {
  const length = data.length + 2;
  return Uint8Array.from([0xff, 0xd8, 0xff, code, length >> 8, length & 255, ...data, ...jpeg.subarray(2)]);
}
