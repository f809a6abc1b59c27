// A Worker that makes one code of a fixed picture when it is first asked, by whatever engine it is given.

/** `start` answers what makes a code of a picture [224, 224, 3]. GET / is answered without it. */
export function answer(start: () => Promise<(picture: Float32Array) => Float32Array>) {
  return {
    async fetch(request: Request): Promise<Response> {
      if (new URL(request.url).pathname === '/') return new Response('ready');
      const picture = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => Math.sin(i));
      const run = await start();
      return new Response(run(picture) as Float32Array<ArrayBuffer>);
    },
  };
}
