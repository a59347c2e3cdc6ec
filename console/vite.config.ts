import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev:console` finds a running server. */
const server = process.env.PARLEY_DEV_SERVER ?? 'http://127.0.0.1:8080';
const proxy = Object.fromEntries(
  ['/api', '/files', '/ws', '/hooks'].map((path) => [path, { target: server, ws: path === '/ws' }]),
);

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  server: { proxy },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The server's content-security-policy allows no inline script, and every supported browser preloads modules.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
