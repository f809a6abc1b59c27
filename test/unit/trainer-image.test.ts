// infra/trainer.Dockerfile, read rather than built: what it copies is there and is all that the trainer imports.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { run as lint } from 'dockerfilelint';
import { expect, it } from 'vitest';
import { readImports } from '../../scripts/imports/read-imports.ts';
import { copiesOf, parseDockerfile, type Stage } from '../support/dockerfile.ts';

const root = join(import.meta.dirname, '../..');
const source = readFileSync(join(root, 'infra/trainer.Dockerfile'), 'utf8');
const stages = parseDockerfile(source);
const [build, modules, trainer] = stages as [Stage, Stage, Stage];
const textOf = (stage: Stage, instruction: string) =>
  stage.steps.filter((step) => step.instruction === instruction).map(({ text }) => text);

it('has nothing that dockerfilelint objects to', () => {
  // It is of 2020 and takes the options of HEALTHCHECK for its command; the next test but one reads that line.
  const healthcheck = source.split('\n').findIndex((line) => line.startsWith('HEALTHCHECK'));
  const objections = lint('', source).filter(
    ({ line }) => line - 1 < healthcheck || line - 1 > healthcheck + 1,
  );
  expect(objections).toEqual([]);
});

it('is built in stages on one pinned base', () => {
  expect(stages.map(({ name }) => name)).toEqual(['build', 'modules', 'trainer']);
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const { base } of stages) expect(base).toBe(`node:${devDependencies.node}-bookworm-slim`);
});

it('runs as nobody special, fetches nothing by ADD, and tells its health and its port', () => {
  const user = trainer.steps.findIndex(({ instruction }) => instruction === 'USER');
  expect(trainer.steps[user]!.text).toBe('node');
  const after = trainer.steps.slice(user + 1).map(({ instruction }) => instruction);
  expect(after).toEqual(['EXPOSE', 'HEALTHCHECK', 'CMD']);
  expect(stages.flatMap((stage) => textOf(stage, 'ADD'))).toEqual([]);
  expect(textOf(trainer, 'HEALTHCHECK')[0]).toContain('/healthz');
  expect(textOf(trainer, 'ENV')[0]).toMatch(/NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility/);
  expect(textOf(trainer, 'RUN')[0]).toContain('libvulkan1');
});

it('copies what is there', () => {
  for (const stage of stages)
    for (const { from, sources } of copiesOf(stage))
      for (const path of sources) {
        if (!from) expect(existsSync(join(root, path)), path).toBe(true);
        else expect(stages.map(({ name }) => name)).toContain(from);
      }
});

it('holds every module that its programs import, and every package as one that is not for development', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const holds = (stage: Stage, path: string) =>
    copiesOf(stage).some(({ from, sources }) => !from && sources.some((each) => path.startsWith(each)));
  const removed = textOf(modules, 'RUN')[0]!;
  const programs = closure(['functions/trainer/main.ts', ...workers('lib/learning/gradients')]);
  expect(programs.modules.size).toBeGreaterThan(100);
  for (const path of programs.modules) expect(holds(trainer, path), path).toBe(true);
  for (const name of programs.packages) {
    expect(dependencies, name).toHaveProperty([name]);
    expect(removed).not.toMatch(new RegExp(`node_modules/${name}(\\s|$)`));
  }
  const building = closure(['scripts/build.ts']);
  for (const path of building.modules) expect(holds(build, path), path).toBe(true);
  for (const name of building.packages)
    expect({ ...dependencies, ...devDependencies }).toHaveProperty([name]);
});

/** Programs that are started by name, not imported. */
function workers(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => /-(worker|probe)-node\.ts$/.test(name))
    .map((name) => `${folder}/${name}`);
}

function closure(entries: string[]) {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (modules.has(path)) continue;
    modules.add(path);
    for (const { to } of readImports(root, path)) {
      if (/^(lib|functions|scripts|cli|test)\//.test(to)) {
        if (to.endsWith('.ts')) open.push(to);
      } else if (!isBuiltin(to) && !/^(node:|build\/)/.test(to))
        packages.add(/^(@[^/]+\/)?[^/]+/.exec(to)![0]);
    }
  }
  return { modules, packages };
}
