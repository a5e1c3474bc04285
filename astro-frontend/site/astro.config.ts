import node from '@astrojs/node';
import svelte from '@astrojs/svelte';
import sentry from '@sentry/astro';
import { defineConfig } from 'astro/config';

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone', staticHeaders: true, bodySizeLimit: 8 * 1024 * 1024 }),
  // Its highlighter writes inline styles, which the policy refuses.
  markdown: { syntaxHighlight: false },
  integrations: [
    svelte(),
    sentry({
      telemetry: false,
      silent: true,
      sourcemaps: { disable: !process.env.SENTRY_AUTH_TOKEN },
    }),
  ],
  // No page keeps a session; without a driver none is opened.
  session: false,
  devToolbar: { enabled: false },
  security: {
    checkOrigin: true,
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
  vite: { build: { sourcemap: 'hidden' } },
});
