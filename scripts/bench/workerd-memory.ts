// What the Worker's process takes, from outside: Linux's own figures of the process, and V8's figures of the
// edge's isolate over workerd's inspector. No limit is enforced locally, so whoever keeps to one has to measure.

import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { membersOf } from '../dev/processes.ts';

const MiB = 1024 * 1024;
const inspectorTimeoutMs = 5000;

export const canMeasure = existsSync('/proc/self/clear_refs');

export interface ProcessMemory {
  residentMiB: number;
  /** The most since {@link resetPeak}. */
  peakMiB: number;
}

export interface HeapUsage {
  usedMiB: number;
  /** Of the heap, the unused part included. */
  totalMiB: number;
  /** Array buffers. */
  backingMiB: number;
}

/**
 * The workerd that runs the Workers, of the two that wrangler starts: the other one is a proxy, and small.
 *
 * @param group process group of wrangler
 */
export function workerdOf(group: number): number {
  const found = membersOf(group)
    .filter(({ commandLine }) => commandLine.includes('workerd\0serve'))
    .map(({ pid }) => pid)
    .sort((a, b) => processMemory(b).residentMiB - processMemory(a).residentMiB);
  if (found.length === 0) throw new Error(`Process group ${group} has no workerd.`);
  return found[0]!;
}

export function processMemory(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const figure = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
  return { residentMiB: figure('VmRSS'), peakMiB: figure('VmHWM') };
}

/** Sets the peak to what is resident now. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** V8's figures of the edge's isolate; null if its inspector does not answer. The first connection may be lost
 *  to wrangler's own. */
export async function heapUsage(pid: number): Promise<HeapUsage | null> {
  return (await askForHeapUsage(pid)) ?? askForHeapUsage(pid);
}

async function askForHeapUsage(pid: number): Promise<HeapUsage | null> {
  const url = await inspectorOf(pid);
  if (!url) return null;
  const socket = new WebSocket(url);
  try {
    await once(socket, 'open');
    const usage = await call(socket, 'Runtime.getHeapUsage');
    return {
      usedMiB: usage.usedSize! / MiB,
      totalMiB: usage.totalSize! / MiB,
      backingMiB: (usage.backingStorageSize ?? 0) / MiB,
    };
  } catch {
    return null;
  } finally {
    socket.close();
  }
}

async function inspectorOf(pid: number): Promise<string | undefined> {
  for (const port of listeningPorts(pid))
    try {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
        id: string;
        webSocketDebuggerUrl?: string;
      }[];
      const edge = Array.isArray(targets) && targets.find(({ id }) => id.endsWith('headwater-edge'));
      if (edge) return edge.webSocketDebuggerUrl;
    } catch {}
  return undefined;
}

function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const listening = '0A';
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening && inodes.has(fields[9]!))
    .map((fields) => Number.parseInt(fields[1]!.split(':')[1]!, 16));
}

function call(socket: WebSocket, method: string): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${method}: no answer`)), inspectorTimeoutMs);
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.id !== 1) return;
      clearTimeout(late);
      resolve(message.result ?? {});
    });
    socket.addEventListener('close', () => reject(new Error('closed')), { once: true });
    socket.send(JSON.stringify({ id: 1, method }));
  });
}

const once = (socket: WebSocket, event: string) =>
  new Promise<void>((resolve, reject) => {
    socket.addEventListener(event, () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error('no inspector')), { once: true });
  });
