// The image module: what lib/image/wasm.ts lists.

export { decodeJpeg, jpegFileBytes } from './jpeg.as';
export { allocate, release } from './memory.as';
export { finishResize } from './normalise.as';
export { unfilter } from './png.as';
export { addRow, beginResize, consumeRgbaRow, consumeRow, needsRow, row } from './resize.as';
