// HTTP as it goes over the wire: paths that fetch would tidy up, headers that it would refuse, bodies that never
// end. A test of bad input needs a client that sends it.

import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

export interface RawRequest {
  method: string;
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: Uint8Array | string;
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Sends a request with its path byte for byte as it is. */
export function send(url: string, { method, path, headers, body }: RawRequest): Promise<RawAnswer> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host, port, method, path, headers, agent: false }, (response) => {
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
