import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompress } from './scripts/precompress.ts';

// The dev server hands API calls to a running Holdfast server; HOLDFAST_URL names another one.
const server = process.env['HOLDFAST_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), precompress()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // no inline data: URLs and no polyfill: the server's CSP allows neither
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // the server takes writes from its own origin only, so the dev server speaks as that origin
  server: {
    proxy: { '/api': { target: server, changeOrigin: true, headers: { origin: new URL(server).origin } } },
  },
});
