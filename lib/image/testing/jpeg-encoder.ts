// A JPEG encoder for tests, from quantised coefficients instead of pixels: any sampling, any order of scans, restart
// intervals, progressive refinement (ITU-T T.81 annexes F and G). It is written from the standard, not from the decoder.

import { bytes, segment } from './containers-node.ts';

export interface JpegScan {
  /** Indices into `components`. */
  components: number[];
  /** [spectral start, spectral end, high bit, low bit]; [0, 63, 0, 0] in sequential files. */
  band: [number, number, number, number];
}

export interface JpegPicture {
  width: number;
  height: number;
  components: { id: number; h: number; v: number }[];
  progressive: boolean;
  scans: JpegScan[];
  /** Units between restart markers; 0 for none. */
  restartInterval: number;
  /** One quantisation table for all, in zigzag order. */
  quantisation: number[];
  /** Quantised coefficients of a block in zigzag order; never asked for blocks beside the picture. */
  block(component: number, row: number, column: number): Int16Array;
  /** Whether Huffman codes are 2 to 16 bits long, or about equally long. */
  skewed?: boolean;
  /** Segments that come first. */
  head?: Uint8Array[];
}

/** What a scan is made of: a Huffman symbol of class 0 (DC) or 1 (AC) with bits behind it, bits alone, or a restart. */
type Token = { symbol?: number; ac?: boolean; value: number; size: number; restart?: number };

export function encodeJpeg(picture: JpegPicture): Uint8Array {
  const { width, height, components, progressive, restartInterval, quantisation, head = [] } = picture;
  const size = [8, height >> 8, height & 255, width >> 8, width & 255, components.length];
  const parts = [
    Uint8Array.of(0xff, 0xd8),
    ...head,
    segment(0xdb, [0, ...quantisation]),
    segment(progressive ? 0xc2 : 0xc0, [
      ...size,
      ...components.flatMap(({ id, h, v }) => [id, (h << 4) | v, 0]),
    ]),
  ];
  if (restartInterval) parts.push(segment(0xdd, [restartInterval >> 8, restartInterval & 255]));
  for (const scan of picture.scans) {
    const tokens = scanTokens(picture, scan);
    const codes = [false, true].map((ac) => huffmanCode(tokens, ac, picture.skewed ?? false));
    const [start, end, high, low] = scan.band;
    const members = scan.components.flatMap((c) => [components[c]!.id, 0]);
    parts.push(
      segment(
        0xc4,
        codes.flatMap(({ table }) => table),
      ),
    );
    parts.push(segment(0xda, [scan.components.length, ...members, start, end, (high << 4) | low]));
    parts.push(writeBits(tokens, codes));
  }
  return bytes(...parts, [0xff, 0xd9]);
}

function scanTokens(picture: JpegPicture, scan: JpegScan): Token[] {
  const tokens: Token[] = [];
  const encode = blockEncoder(picture.progressive, scan, tokens);
  let units = 0;
  for (const unit of scanUnits(picture, scan)) {
    if (picture.restartInterval && units > 0 && units % picture.restartInterval === 0) {
      encode.flush();
      tokens.push({ value: 0, size: 0, restart: (units / picture.restartInterval - 1) & 7 });
    }
    for (const [component, coefficients] of unit) encode.block(component, coefficients);
    units++;
  }
  encode.flush();
  return tokens;
}

/** The units (MCUs) of a scan (A.2): lists of [component, coefficients]. */
function* scanUnits({ width, height, components, block }: JpegPicture, scan: JpegScan) {
  const single = components.length === 1;
  const maxH = single ? 1 : Math.max(...components.map(({ h }) => h));
  const maxV = single ? 1 : Math.max(...components.map(({ v }) => v));
  const sizes = components.map(({ h, v }) => ({
    h: single ? 1 : h,
    v: single ? 1 : v,
    wide: Math.ceil(Math.ceil((width * (single ? 1 : h)) / maxH) / 8),
    high: Math.ceil(Math.ceil((height * (single ? 1 : v)) / maxV) / 8),
  }));
  if (scan.components.length === 1) {
    const c = scan.components[0]!;
    for (let y = 0; y < sizes[c]!.high; y++)
      for (let x = 0; x < sizes[c]!.wide; x++) yield [[c, block(c, y, x)] as const];
    return;
  }
  for (let row = 0; row < Math.ceil(height / (8 * maxV)); row++)
    for (let column = 0; column < Math.ceil(width / (8 * maxH)); column++)
      yield scan.components.flatMap((c) => {
        const { h, v, wide, high } = sizes[c]!;
        return Array.from({ length: h * v }, (_, i) => {
          const [y, x] = [row * v + Math.floor(i / h), column * h + (i % h)];
          return [c, y < high && x < wide ? block(c, y, x) : new Int16Array(64)] as const;
        });
      });
}

/** Turns blocks into tokens; `flush` ends a run of blocks, before a restart and at the end. */
function blockEncoder(progressive: boolean, { band }: JpegScan, tokens: Token[]) {
  const [start, end, high, low] = band;
  const predictions = new Map<number, number>();
  let run = 0;
  let corrections: number[] = [];
  const raw = (bits: number[]) => {
    for (const bit of bits) tokens.push({ value: bit, size: 1 });
  };
  const endRun = () => {
    if (run === 0) return;
    const size = 31 - Math.clz32(run);
    tokens.push({ ac: true, symbol: size << 4, value: run - (1 << size), size });
    raw(corrections);
    run = 0;
    corrections = [];
  };
  const dc = (component: number, value: number) => {
    const difference = value - (predictions.get(component) ?? 0);
    predictions.set(component, value);
    const size = bitLength(difference);
    tokens.push({ ac: false, symbol: size, value: magnitudeBits(difference, size), size });
  };
  const coefficient = (zeros: number, value: number) => {
    const size = bitLength(value);
    tokens.push({ ac: true, symbol: (zeros << 4) | size, value: magnitudeBits(value, size), size });
  };

  function first(block: Int16Array, from: number): void {
    let zeros = 0;
    for (let k = from; k <= end; k++) {
      const value = block[k]! < 0 ? -(-block[k]! >> low) : block[k]! >> low;
      if (value === 0) zeros++;
      else {
        endRun();
        for (; zeros > 15; zeros -= 16) tokens.push({ ac: true, symbol: 0xf0, value: 0, size: 0 });
        coefficient(zeros, value);
        zeros = 0;
      }
    }
    if (zeros === 0) return;
    run++;
    if (!progressive || run === 0x7fff) endRun();
  }

  function refine(block: Int16Array): void {
    const sizes = Array.from(block, (value) => Math.abs(value) >> low);
    const lastNew = sizes.lastIndexOf(1, end);
    let zeros = 0;
    let mine: number[] = [];
    for (let k = start; k <= end; k++) {
      if (sizes[k] === 0) {
        zeros++;
        continue;
      }
      for (; zeros > 15 && k <= lastNew; zeros -= 16) {
        endRun();
        tokens.push({ ac: true, symbol: 0xf0, value: 0, size: 0 });
        raw(mine);
        mine = [];
      }
      if (sizes[k]! > 1) {
        mine.push(sizes[k]! & 1);
        continue;
      }
      endRun();
      tokens.push({ ac: true, symbol: (zeros << 4) | 1, value: block[k]! > 0 ? 1 : 0, size: 1 });
      raw(mine);
      mine = [];
      zeros = 0;
    }
    if (zeros === 0 && mine.length === 0) return;
    run++;
    corrections.push(...mine);
    if (run === 0x7fff || corrections.length > 900) endRun();
  }

  return {
    block(component: number, block: Int16Array): void {
      if (start === 0 && high > 0) raw([(block[0]! >> low) & 1]);
      else if (start === 0) dc(component, block[0]! >> low);
      if (end === 0) return;
      if (high > 0) refine(block);
      else first(block, Math.max(1, start));
    },
    flush(): void {
      endRun();
      predictions.clear();
    },
  };
}

const bitLength = (value: number) => 32 - Math.clz32(Math.abs(value));
const magnitudeBits = (value: number, size: number) => (value < 0 ? value + 2 ** size - 1 : value);

interface HuffmanCode {
  /** As a segment holds it: class, counts by length, symbols. */
  table: number[];
  codes: Map<number, { code: number; length: number }>;
}

/** A prefix code of the symbols that a scan uses; the most frequent ones come first. */
function huffmanCode(tokens: Token[], ac: boolean, skewed: boolean): HuffmanCode {
  const frequencies = new Map<number, number>([[0, 0]]);
  for (const token of tokens)
    if (token.symbol !== undefined && token.ac === ac)
      frequencies.set(token.symbol, (frequencies.get(token.symbol) ?? 0) + 1);
  const symbols = [...frequencies].sort((a, b) => b[1] - a[1]).map(([symbol]) => symbol);
  // One code each of 2 … 8 bits and the rest of 16, or all of 9.
  const lengths = symbols.map((_, i) => (skewed ? (i < 7 ? i + 2 : 16) : 9));
  const codes: HuffmanCode['codes'] = new Map();
  let code = 0;
  lengths.forEach((length, i) => {
    if (i > 0) code = (code + 1) << (length - lengths[i - 1]!);
    codes.set(symbols[i]!, { code, length });
  });
  const counts = Array.from({ length: 16 }, (_, i) => lengths.filter((length) => length === i + 1).length);
  return { table: [ac ? 0x10 : 0, ...counts, ...symbols], codes };
}

function writeBits(tokens: Token[], codes: HuffmanCode[]): Uint8Array {
  const out: number[] = [];
  let pending = 0;
  let held = 0;
  const put = (value: number, size: number) => {
    for (let bit = size - 1; bit >= 0; bit--) {
      pending = (pending << 1) | ((value >> bit) & 1);
      if (++held < 8) continue;
      out.push(pending);
      if (pending === 0xff) out.push(0);
      pending = held = 0;
    }
  };
  const pad = () => {
    if (held > 0) put(0xff, 8 - held);
  };
  for (const { symbol, ac, value, size, restart } of tokens) {
    if (restart !== undefined) {
      pad();
      out.push(0xff, 0xd0 + restart);
      continue;
    }
    if (symbol !== undefined) {
      const { code, length } = codes[ac ? 1 : 0]!.codes.get(symbol)!;
      put(code, length);
    }
    put(value, size);
  }
  pad();
  return Uint8Array.from(out);
}
