import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, import.meta.dirname, 'SIYU_').SIYU_API ?? 'http://127.0.0.1:4310';
  return {
    base: '/m/',
    plugins: [react()],
    resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
    server: { host: '127.0.0.1', port: 5174, proxy: { '/api': { target: server }, '/m/wecom': { target: server } } },
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      // Browsers inside WeCom are older than those people install.
      target: ['es2022', 'chrome94', 'safari15.4'],
    },
  };
});
