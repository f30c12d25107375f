import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The server answers under the page's own origin; in development Vite hands its paths on.
const server = 'http://127.0.0.1:8080';
const proxy = {
  '/v1': { target: server, ws: true, changeOrigin: false },
  '/sip': { target: server, ws: true, changeOrigin: false },
};

export default defineConfig({
  plugins: [react(), tailwind()],
  // JsSIP still speaks of `global`.
  define: { global: 'globalThis' },
  server: { proxy },
  preview: { proxy },
  build: {
    target: ['chrome123', 'firefox128', 'safari17.5'],
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    sourcemap: false,
    assetsInlineLimit: 0,
    // The app, and a page that is a softphone and nothing else.
    rollupOptions: { input: ['index.html', 'embed/softphone.html'] },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    // Typing into forms is slow while a build runs beside it.
    testTimeout: 20_000,
  },
});
