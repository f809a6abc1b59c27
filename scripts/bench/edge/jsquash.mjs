// A peer in the Worker's bundle: plain JavaScript, because the folder is there only where figures are taken.

export { default as module } from '../peers/node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
export { default as decode, init } from '../peers/node_modules/@jsquash/jpeg/decode.js';
