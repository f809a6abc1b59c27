// What `npm start` and `npm test` call first, on whatever Node the machine has (20 or newer): installs what is
// missing, then hands over to the project's own Node. Plain JavaScript, no dependencies.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const [script, ...args] = process.argv.slice(2);

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Headwater needs Node 20 or newer to start; this is ${process.version}.`);
  process.exit(1);
}

function isInstalled() {
  const marker = `${root}node_modules/.package-lock.json`;
  if (!existsSync(node) || !existsSync(marker)) return false;
  return statSync(marker).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
}

if (!isInstalled()) {
  console.log('Installing dependencies (npm ci), once: about a minute …');
  // Engine warnings speak of the machine's Node, which only starts ours; funding and audit are noise here.
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', options, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error('npm ci failed. See above; nothing was started.');
    process.exit(status ?? 1);
  }
}

const child = spawn(node, [`${root}${script}`, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}` },
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
