import { enableCompileCache, getCompileCacheDir } from 'node:module';

// Types are stripped and code is compiled once and not at every start; the store's threads use the same cache.
enableCompileCache();
process.env.NODE_COMPILE_CACHE ??= getCompileCacheDir();

const { start } = await import('./start.ts');
await start(process.env);
