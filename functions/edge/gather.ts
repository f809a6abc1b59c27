// Pieces of a body, put together as they come. Keeping the pieces themselves would cost far more than their bytes: the
// platform hands out each read in a buffer of 4 KiB, and a client may send one byte at a time.

const firstBytes = 4096;

export type Gathered = ReturnType<typeof createGathered>;

/** @param expectedBytes how many are to come, if that is known: then nothing is copied twice */
export function createGathered(expectedBytes = 0) {
  let buffer = new Uint8Array(expectedBytes);
  let length = 0;
  return {
    add(piece: Uint8Array): void {
      if (length + piece.length > buffer.length) {
        const larger = new Uint8Array(Math.max(firstBytes, 2 * buffer.length, length + piece.length));
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(piece, length);
      length += piece.length;
    },
    /** What has come so far; a view, good until more is added. */
    bytes: (): Uint8Array<ArrayBuffer> => buffer.subarray(0, length),
  };
}
