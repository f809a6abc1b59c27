// What Headwater is measured beside, in a folder of its own: installed when a measurement first asks, so that nobody
// who only uses Headwater downloads it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = join(import.meta.dirname, 'peers');

/** The folder of the peers' packages, after installing what the lock file names. */
function installed(): string {
  if (!existsSync(join(folder, 'node_modules/.package-lock.json'))) {
    // Only the CPU library of onnxruntime is wanted, which is part of the package.
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: folder,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error('The packages to compare with could not be installed.');
  }
  return folder;
}

/** Path of a file of a peer, such as `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`. */
export const peerFile = (path: string) => join(installed(), 'node_modules', path);

/** A peer's module, by the path of the file in it. */
export const importPeer = <T>(path: string) => import(pathToFileURL(peerFile(path)).href) as Promise<T>;

/** The same for what is not an ES module. */
export const requirePeer = <T>(name: string) => createRequire(join(installed(), 'package.json'))(name) as T;
