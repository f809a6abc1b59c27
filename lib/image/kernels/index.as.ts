// The image module: what lib/image/wasm.ts lists.

export function version(): i32 {
  return 1;
}
