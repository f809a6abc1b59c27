// The images of a multipart/form-data body, one after the other while it arrives. request.formData() would hold the
// whole body at once; here one image is held, and dropped before the next is read. Boundary lines must be exactly
// what RFC 2046 says; what surrounds the images is bounded, so that a body of nothing but headers ends soon.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { limits } from '../../lib/image/index.ts';
import { joined } from '../../lib/tensors/index.ts';
import { createGathered } from './gather.ts';
import { invalidForm, type PartHeaders, parsePartHeaders } from './multipart-headers.ts';

export const formLimits = {
  /** Images of one form. */
  maxImages: 16,
  /** Parts of any kind: fields that are no file are passed over. */
  maxParts: 64,
  /** Bytes in front of a part: its boundary line's padding and its headers. */
  maxHeaderBytes: 8 * 1024,
  /** Bytes before the first boundary. */
  maxPreambleBytes: 8 * 1024,
} as const;

export interface FormImage {
  /** The file's name, else the part's. */
  name: string | undefined;
  /** Null for one of more than `limits.maxImageBytes`, which was read and not kept. */
  bytes: Uint8Array | null;
}

const encoder = new TextEncoder();
const [lineEnd, blankLine, closing] = ['\r\n', '\r\n\r\n', '--'].map((text) => encoder.encode(text));

/**
 * The parts with a file's name or an image's type, in their order. The caller is done with one before it asks for
 * the next.
 *
 * @param reserve is awaited before `bytes` of one image are kept
 * @throws HeadwaterError `invalid-multipart`, `too-many-images`; what `chunks` and `reserve` throw
 */
export async function* formImages(
  chunks: AsyncGenerator<Uint8Array, void>,
  boundary: string,
  reserve: (bytes: number) => Promise<void> = async () => {},
): AsyncGenerator<FormImage, void> {
  const input = createInput(chunks);
  const delimiter = encoder.encode(`\r\n--${boundary}`);
  let images = 0;
  try {
    await input.until(delimiter, bounded(formLimits.maxPreambleBytes, 'it does not begin with its boundary'));
    for (let parts = 1; !(await input.startsWith(closing!)); parts++) {
      if (parts > formLimits.maxParts) throw invalidForm(`it has more than ${formLimits.maxParts} parts`);
      const headers = await readHeaders(input);
      if (!isImage(headers)) {
        await input.until(delimiter, () => {});
        continue;
      }
      if (++images > formLimits.maxImages) throw tooManyImages();
      yield { name: headers.filename || headers.name, bytes: await readContent(input, delimiter, reserve) };
    }
  } finally {
    await chunks.return();
  }
}

/** A file field that was left empty has an empty name. */
const isImage = ({ filename, type }: PartHeaders) => Boolean(filename) || type?.startsWith('image/') === true;

async function readHeaders(input: Input): Promise<PartHeaders> {
  const gathered = createGathered();
  const bound = bounded(formLimits.maxHeaderBytes, 'the headers of a part are too long');
  await input.until(blankLine!, (piece) => {
    bound(piece);
    gathered.add(piece);
  });
  const [padding, ...lines] = new TextDecoder().decode(gathered.bytes()).split('\r\n');
  if (/[^ \t]/.test(padding!)) throw invalidForm('a boundary line goes on after the boundary');
  // The line end of an empty part's last header is the one that its boundary begins with.
  input.unread(lineEnd!);
  return parsePartHeaders(lines);
}

/** The bytes of a part, after the line end that its headers end with; null if they are too many. */
async function readContent(
  input: Input,
  delimiter: Uint8Array,
  reserve: (bytes: number) => Promise<void>,
): Promise<Uint8Array | null> {
  let gathered = createGathered();
  let total = -lineEnd!.length;
  await input.until(delimiter, async (piece) => {
    const skip = Math.min(piece.length, Math.max(0, -total));
    total += piece.length;
    if (total > limits.maxImageBytes) {
      gathered = createGathered();
      return;
    }
    await reserve(Math.max(0, total));
    gathered.add(piece.subarray(skip));
  });
  return total > limits.maxImageBytes ? null : gathered.bytes();
}

type Input = ReturnType<typeof createInput>;

/** The body as what has arrived and not been used. A body begins as if a line had just ended. */
function createInput(chunks: AsyncGenerator<Uint8Array, void>) {
  let held: Uint8Array = lineEnd!;

  async function more(): Promise<void> {
    // What is held may lie in the buffer that the next piece comes in.
    const rest = held.slice();
    const next = await chunks.next();
    if (next.done) throw invalidForm('it ends in the middle, without its closing boundary');
    held = rest.length === 0 ? next.value : joined([rest, next.value]);
  }

  return {
    /** Gives `take` what comes before `pattern`, in pieces, and passes over both. */
    async until(pattern: Uint8Array, take: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
      for (let at = find(held, pattern); ; at = find(held, pattern)) {
        // The last bytes may be the pattern's first.
        const end = at >= 0 ? at : Math.max(0, held.length - pattern.length + 1);
        if (end > 0) await take(held.subarray(0, end));
        held = held.subarray(at >= 0 ? at + pattern.length : end);
        if (at >= 0) return;
        await more();
      }
    },
    async startsWith(pattern: Uint8Array): Promise<boolean> {
      while (held.length < pattern.length) await more();
      return pattern.every((byte, i) => held[i] === byte);
    },
    unread(bytes: Uint8Array): void {
      held = joined([bytes, held]);
    },
  };
}

/** Where `pattern` first stands. Patterns begin with a line end, and boundaries hold none, so this is linear. The
 *  native search passes over what is no carriage return, of which a photo has few. */
function find(bytes: Uint8Array, pattern: Uint8Array): number {
  const last = bytes.length - pattern.length;
  for (let at = 0; at <= last; at++) {
    if (bytes[at] !== 13) at = bytes.indexOf(13, at);
    if (at < 0 || at > last) return -1;
    let k = 1;
    while (k < pattern.length && bytes[at + k] === pattern[k]) k++;
    if (k === pattern.length) return at;
  }
  return -1;
}

function bounded(maxBytes: number, otherwise: string): (piece: Uint8Array) => void {
  let total = 0;
  return (piece) => {
    total += piece.length;
    if (total > maxBytes) throw invalidForm(otherwise);
  };
}

const tooManyImages = () =>
  new HeadwaterError(
    'too-many-images',
    `A form may have ${formLimits.maxImages} images. Send the others in another request.`,
    { maxImages: formLimits.maxImages },
  );
