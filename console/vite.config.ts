import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, import.meta.dirname, 'SIYU_').SIYU_API ?? 'http://127.0.0.1:4310';
  return {
    base: '/',
    plugins: [react()],
    resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
    server: {
      host: '127.0.0.1',
      proxy: Object.fromEntries(['/api', '/q', '/v1', '/wecom/callback'].map((path) => [path, { target: server }])),
    },
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      // Ant Design is one chunk: fetched once, cached until its version changes.
      chunkSizeWarningLimit: 1500,
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              { name: 'echarts', test: /node_modules\/(echarts|zrender)\// },
              { name: 'antd', test: /node_modules\/(antd|@ant-design|@rc-component)\// },
              { name: 'vendor', test: /node_modules\// },
            ],
          },
        },
      },
    },
  };
});
