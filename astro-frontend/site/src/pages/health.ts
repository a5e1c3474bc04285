// Whether this server itself is up; it asks nobody.
import type { APIRoute } from 'astro';

export const GET: APIRoute = () => new Response('ok\n');
