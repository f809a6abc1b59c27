// HTTP as it goes over the wire: paths that fetch would tidy up, headers that it would refuse, bodies that never
// end. A test of bad input needs a client that sends it.

import { type Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';

export interface RawRequest {
  method: string;
  path: string;
  /** A list is as many headers. */
  headers?: Record<string, string | string[]>;
  body?: Uint8Array | string;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * Sends a request with its path byte for byte as it is.
 *
 * @param agent to use connections again; without one each request has its own
 */
export function send(
  url: string,
  { method, path, headers, body }: RawRequest,
  agent: Agent | false = false,
): Promise<RawAnswer> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, method, path, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/**
 * Sends a request line, headers and then `chunk` again and again (or nothing more, without one), until there is
 * an answer; resolves to its status (null if the connection was cut) and how many bytes of body went out.
 */
export function sendWithoutEnd(
  url: string,
  head: string,
  chunk?: Uint8Array,
): Promise<{ status: number | null; sentBytes: number }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let sentBytes = 0;
    let answered = false;
    const socket = connect(Number(port), hostname);
    const pump = () => {
      if (!chunk || answered) return;
      sentBytes += chunk.length;
      const goesOn = socket.write(`${chunk.length.toString(16)}\r\n`) && socket.write(chunk);
      if (socket.write('\r\n') && goesOn) setImmediate(pump);
      else socket.once('drain', pump);
    };
    socket.on('error', () => {});
    socket.once('close', () => resolve({ status: null, sentBytes }));
    socket.once('data', (data: Buffer) => {
      answered = true;
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1'))?.[1]), sentBytes });
    });
    socket.write(`${head}\r\n\r\n`, pump);
  });
}

/**
 * Sends the pieces of a request with a pause between them, then ends its half of the connection, and takes what comes
 * until the other half ends: the last answer, without the `100 Continue` before it. Status null: there was none.
 */
export function exchange(
  url: string,
  pieces: (string | Uint8Array)[],
  { pauseMs = 0, endsWith = true } = {},
): Promise<{ status: number | null; head: string; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let taken = Buffer.alloc(0);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    const sendOn = async () => {
      for (const [i, piece] of pieces.entries()) {
        if (i > 0 && pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
        if (socket.destroyed) return;
        socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
      }
      if (endsWith) socket.end();
    };
    socket.on('connect', sendOn);
    socket.on('data', (data: Buffer) => {
      taken = Buffer.concat([taken, data]);
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      const text = taken.toString().replace(/^HTTP\/1\.1 100 [\s\S]*?\r\n\r\n/, '');
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
      resolve({ status: status === undefined ? null : Number(status), head, body });
    });
  });
}
