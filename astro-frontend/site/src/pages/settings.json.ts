// What pages that were built ahead ask for.
import type { APIRoute } from 'astro';
import { settings } from '../server/settings.ts';

export const GET: APIRoute = () => Response.json(settings().browser, { headers: { 'cache-control': 'no-store' } });
