// What every other workerd test of WebAssembly leans on: a static import of a .wasm file is a compiled module.
import jpegTurbo from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import { expect, it } from 'vitest';

it('runs inside workerd', () => {
  expect(navigator.userAgent).toBe('Cloudflare-Workers');
});

it('imports a .wasm file of a package as a WebAssembly.Module', () => {
  expect(jpegTurbo).toBeInstanceOf(WebAssembly.Module);
  expect(WebAssembly.Module.exports(jpegTurbo).map((each) => each.name)).toContain('memory');
});
