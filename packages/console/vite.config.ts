import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Compressed once, here, so that the API only hands files out. Only what is written is what was meant: before, names are still filled in. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir = '' }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        if (!/\.(js|css)$/.test(fileName)) continue;
        const path = join(dir, fileName);
        const source = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(source));
        writeFileSync(`${path}.gz`, gzipSync(source));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte(), compressed()],
  build: {
    target: 'es2022',
    // Nothing may be inlined: the content security policy allows files of our own and nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A terminal and a screen, which come when one looks at a VM’s.
    chunkSizeWarningLimit: 350,
  },
  server: {
    // `vite` by hand: the files from here, the cluster from an API that runs already.
    proxy: { '/v1': process.env['DROVER_API'] ?? 'http://127.0.0.1:8440' },
  },
});
