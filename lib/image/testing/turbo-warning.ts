// Which warning libjpeg had. TurboJPEG answers only "there was one"; the text stands in a static buffer of its
// memory, for which this build exports no function. So it is looked for, and erased, so that the next picture
// cannot be mistaken for this one.

const maxWarningBytes = 200;
const letterC = 0x43;

/**
 * Removes and returns the formatted warning "Corrupt JPEG data: <number> …"; an empty string if there is none.
 *
 * @param staticBytes where the heap begins: beyond it lies the file, whose text proves nothing
 */
export function takeWarning(memory: WebAssembly.Memory, staticBytes: number): string {
  const data = new Uint8Array(memory.buffer, 0, staticBytes);
  let found = '';
  for (let at = data.indexOf(letterC); at >= 0; at = data.indexOf(letterC, at + 1)) {
    const text = zeroTerminated(data.subarray(at, at + maxWarningBytes));
    if (!/^Corrupt JPEG data: \d/.test(text)) continue;
    found ||= text;
    data.fill(0, at, at + text.length);
  }
  return found;
}

function zeroTerminated(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}
