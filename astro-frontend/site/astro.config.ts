import process from 'node:process';
import node from '@astrojs/node';
import svelte from '@astrojs/svelte';
import sentry from '@sentry/astro';
import { defineConfig } from 'astro/config';
import { afterBuild, outermost, release, version } from './build.ts';

/**
 * The scripts that several parts of the pages share, as few: left alone, each module that two of them need would be a script
 * by itself, and a request more for the first paint.
 */
const SHARED = [
  { name: 'svelte', test: /\/node_modules\/svelte\//, priority: 3 },
  { name: 'calls', test: /\/node_modules\/@(bufbuild|connectrpc)\/|\/shared\/dist\/(gen|client|tracing)\/|\/site\/src\/(browser\/|telemetry\/browser)/, priority: 2 },
  { name: 'explorer', test: /\/site\/src\/(node-url|explorer\/(Dot|Problem|limits|model\/|state\/|import\/graph|panels\/Late))/, priority: 1 },
];

const named = release(await version());

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone', staticHeaders: true, bodySizeLimit: 8 * 1024 * 1024 }),
  // Its highlighter writes inline styles, which the policy refuses.
  markdown: { syntaxHighlight: false },
  integrations: [
    svelte(),
    outermost(),
    sentry({
      telemetry: false,
      silent: true,
      // Debug ids always; an upload where there is somebody to upload to. Maps are never served: see build.ts.
      sourcemaps: { disable: process.env.SENTRY_AUTH_TOKEN ? false : 'disable-upload' },
      unstable_sentryVitePluginOptions: { release: { name: named, inject: false } },
    }),
    afterBuild(named),
  ],
  // No page keeps a session; without a driver none is opened.
  session: false,
  devToolbar: { enabled: false },
  // Chromium asks for the rule that opts in to view transitions when a page is first shown, which may be before it has applied a
  // sheet that came by itself; it then breaks the transition off with an error that nobody can catch.
  build: { inlineStylesheets: 'always' },
  security: {
    checkOrigin: true,
    // `connect-src` and `frame-ancestors` are added where the pages are served: server/security.ts.
    csp: {
      directives: [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
      ],
    },
  },
  vite: {
    // What takes long on a slow machine is no fault of the site's.
    build: { sourcemap: 'hidden', rolldownOptions: { checks: { bundlerTimings: false } } },
    environments: { client: { build: { rolldownOptions: { output: { codeSplitting: { groups: SHARED } } } } } },
    define: { __RELEASE__: JSON.stringify(named) },
  },
});
