// What is done around Astro's build: the release is written down, and source maps leave the public folder.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

/** The release of this build: `throughline@<version>+<commit>`, as the services have it. */
export function release(version: string): string {
  if (process.env.SENTRY_RELEASE) return process.env.SENTRY_RELEASE;
  // For source trees without git, as the services have it.
  if (process.env.THROUGHLINE_COMMIT) return `throughline@${version}+${process.env.THROUGHLINE_COMMIT}`;
  try {
    const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return `throughline@${version}+${commit.trim()}`;
  } catch {
    return `throughline@${version}`;
  }
}

/** Where source maps lie, beside what is served. */
export const SOURCE_MAPS = 'source-maps';

export function afterBuild(named: string): AstroIntegration {
  return {
    name: 'after-build',
    hooks: {
      'astro:build:done': async ({ dir }) => {
        const client = fileURLToPath(dir);
        const dist = dirname(client.replace(/\/$/, ''));
        await writeFile(join(dist, 'release.txt'), named);
        const maps = join(dist, SOURCE_MAPS);
        for (const entry of await readdir(client, { recursive: true })) {
          if (!entry.endsWith('.map')) continue;
          await mkdir(dirname(join(maps, entry)), { recursive: true });
          await identify(join(client, entry));
          await rename(join(client, entry), join(maps, entry));
        }
      },
    },
  };
}

/** Writes the debug id of a script into its map, as an upload would: by it they are matched, wherever they lie. */
async function identify(map: string): Promise<void> {
  const script = await readFile(map.replace(/\.map$/, ''), 'utf8').catch(() => '');
  const id = /sentry-dbid-([0-9a-f-]{36})/.exec(script)?.[1];
  if (!id) return;
  const read = JSON.parse(await readFile(map, 'utf8')) as object;
  await writeFile(map, JSON.stringify({ ...read, debug_id: id, debugId: id }));
}

/** Puts in what must stand outside of the SDK's middleware: it comes before the SDK's integration. */
export function outermost(): AstroIntegration {
  return {
    name: 'outermost',
    hooks: {
      'astro:config:setup': ({ addMiddleware }) => {
        addMiddleware({ order: 'pre', entrypoint: new URL('src/server/cacheable.ts', import.meta.url) });
      },
    },
  };
}

/** The version in this package's manifest. */
export async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
