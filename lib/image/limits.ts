// What the image pipeline accepts, in one place. Every limit is checked from headers, before anything is
// decoded, so that the memory of a request is known before it is spent.

export const limits = {
  /** Bytes of a file. Phone JPEGs reach 12 MiB at 50 megapixels; the isolate holds the file once, WASM again. */
  maxImageBytes: 16 * 1024 * 1024,
  /** Pixels by the header: 8192 × 6144, the largest picture that "50 megapixel" phones write. */
  maxPixels: 8192 * 6144,
  /** Pixels of one side: above every camera and panorama, and one row of it is still only 96 KiB. */
  maxSide: 32_768,
  /** Bytes of RGB that a JPEG is decoded to, of which memory sees a few rows at a time. A larger one (a panorama) is
   *  decoded at half the scale instead. */
  maxDecodedBytes: 24 * 1024 * 1024,
  /** Bytes of DCT coefficients of a progressive or many-scan JPEG by its header: what is kept while it is decoded at
   *  full scale, and more than at the others. 12-megapixel phones write up to 4080 × 3072 in 4:4:4: 71.8 MiB. */
  maxCoefficientBytes: 72 * 1024 * 1024,
  /** Bytes that libwebp holds while it decodes, besides the file, always at full size: 12.8 megapixels lossy, 6.6
   *  lossless, 5.1 lossy with alpha. */
  maxWebpBytes: 52 * 1024 * 1024,
  /** Bytes that a decoder's WebAssembly memory may grow to: a file, what the picture may need by the limits above, and
   *  4 MiB for tables. See memory-limit.ts. */
  maxImageMemoryBytes: (16 + 72 + 24 + 4) * 1024 * 1024,
  maxWebpMemoryBytes: (16 + 52 + 4) * 1024 * 1024,
  /** An instance whose WebAssembly memory has grown beyond this is dropped after use, because it never shrinks. */
  maxKeptMemoryBytes: 16 * 1024 * 1024,
  /** Scans of a JPEG. Encoders write about 10; each one walks the whole picture again. */
  maxScans: 40,
  /** Bytes that a PNG inflates to by its header: 50 megapixels in 8-bit RGB, 40 with alpha. */
  maxInflatedBytes: 160_000_000,
  /** Inflated bytes after a PNG's last row that are read and ignored before the file is refused. */
  maxSurplusBytes: 65_536,
  /** Side of the tensor that may be asked for. */
  maxTensorSide: 1024,
} as const;
