import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { download } from './download.ts';

const model = (path: string) => JSON.stringify({ weightsManifest: [{ paths: [path], weights: [] }] });
const files: Record<string, string> = {
  '/net/model.json': model('part/group1-shard1of1.bin'),
  '/net/part/group1-shard1of1.bin': 'weights',
  '/outside/model.json': model('../../etc/passwd'),
  '/elsewhere/model.json': model('http://example.com/weights.bin'),
  '/broken/model.json': '{',
  '/net/some.onnx': 'onnx',
};

describe('a model behind a URL', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const text = files[new URL(request.url!, base).pathname];
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('comes with the weight files that it names', async () => {
    const file = await download(`${base}/net/model.json`);
    expect(readFileSync(join(dirname(file), 'part/group1-shard1of1.bin'), 'utf8')).toBe('weights');
  });

  it('may be a single ONNX file', async () => {
    expect(readFileSync(await download(`${base}/net/some.onnx?raw=1`), 'utf8')).toBe('onnx');
  });

  it.each([
    ['/gone/model.json', 'answered 404'],
    ['/outside/model.json', 'lies elsewhere'],
    ['/elsewhere/model.json', 'lies elsewhere'],
    ['/broken/model.json', 'not JSON'],
    ['/net/readme.txt', 'neither an .onnx file nor a model.json'],
  ])('is refused with a sentence: %s', async (path, words) => {
    await expect(download(base + path)).rejects.toThrow(words);
  });

  it('is refused when nobody listens', async () => {
    await expect(download('http://127.0.0.1:1/model.json')).rejects.toThrow('cannot be fetched');
  });
});
