// The least Worker that wrangler starts.
export default { fetch: () => new Response('local-r2') };
